import { runComponent } from '../shared/component/run-component.ts';
import { KUBELET_OPTIONS } from './config.ts';
import { runKubelet } from './kubelet.ts';

void runComponent('kubelet', KUBELET_OPTIONS, runKubelet);
