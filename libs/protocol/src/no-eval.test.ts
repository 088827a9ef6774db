import { expect, test } from '@jest/globals';

test('[F8] no message needs code made at run time', async () => {
  const real = globalThis.Function;
  let made = 0;
  const stub = function (): never {
    made += 1;
    throw new EvalError('refused by the content security policy');
  };
  globalThis.Function = Object.assign(stub, { prototype: real.prototype }) as unknown as FunctionConstructor;
  try {
    const { decodeClient, decodeServer, encode } = await import('./index.ts');
    for (let i = 0; i < 50; i += 1) {
      expect(decodeClient(encode({ type: 'heartbeat', leases: [] })).ok).toBe(true);
      expect(decodeServer(encode({ type: 'error', code: 'E_RATE', message: 'slow down' })).ok).toBe(true);
    }
  } finally {
    globalThis.Function = real;
  }
  expect(made).toBe(0);
});
