import { runComponent } from '../shared/component/run-component.ts';
import { PROXY_OPTIONS } from './config.ts';
import { runProxy } from './proxy.ts';

void runComponent('kube-proxy', PROXY_OPTIONS, runProxy);
