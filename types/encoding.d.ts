export {}

/** The two web globals that browser-safe packages use; Node and browsers both have them. */
declare global {
  class TextEncoder {
    encode(text: string): Uint8Array
  }
  class TextDecoder {
    constructor(label?: string, options?: { readonly fatal?: boolean })
    decode(bytes: Uint8Array): string
  }
}
