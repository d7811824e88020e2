import { runComponent } from '../shared/component/run-component.ts';
import { CONTROLLER_MANAGER_OPTIONS } from './config.ts';
import { runControllerManager } from './controller-manager.ts';

void runComponent('kube-controller-manager', CONTROLLER_MANAGER_OPTIONS, runControllerManager);
