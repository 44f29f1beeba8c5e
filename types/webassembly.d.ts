export {}

/** The part of WebAssembly that browser-safe packages use; a browser's policy may forbid it, a runtime may lack it. */
declare global {
  namespace WebAssembly {
    class Memory {
      constructor(size: { readonly initial: number })
      readonly buffer: ArrayBuffer
    }
    class Module {
      constructor(code: Uint8Array)
    }
    class Instance {
      constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>)
      readonly exports: Readonly<Record<string, unknown>>
    }
  }
}
