import { jest } from '@jest/globals';
import { patienceMs } from './processes.ts';

/** Each of a test's waits ends by itself and says what it waited for; this ends a test that hangs outside of them. */
jest.setTimeout(3 * patienceMs);
