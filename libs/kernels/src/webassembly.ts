/** The part of WebAssembly used here. Node's types and ES2023's leave it to the DOM's, which this lib must not see. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Instance: new (module: KernelModule, imports: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<KernelModule>;
}

/** A WebAssembly.Memory. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

/** A WebAssembly.Module: compiled code without a memory. */
export interface KernelModule {
  readonly [Symbol.toStringTag]?: string;
}

export const webAssembly: WebAssemblyApi = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
