import { runComponent } from '../shared/component/run-component.ts';
import { runApiServer } from './apiserver.ts';
import { API_SERVER_OPTIONS } from './config.ts';

void runComponent('apiserver', API_SERVER_OPTIONS, runApiServer);
