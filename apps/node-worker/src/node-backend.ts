import { openBackend, type Backend, type OpenBackendOptions } from '@gradpool/training';
import { loadTfjsNode } from './tensorflow-native.ts';

/** Opens a backend in this thread, as `openBackend`, with what only Node has. */
export const openNodeBackend = (wish: OpenBackendOptions): Promise<Backend> => openBackend({ ...wish, loadTfjsNode });
