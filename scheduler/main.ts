import { runComponent } from '../shared/component/run-component.ts';
import { SCHEDULER_OPTIONS } from './config.ts';
import { runScheduler } from './scheduler.ts';

void runComponent('kube-scheduler', SCHEDULER_OPTIONS, runScheduler);
