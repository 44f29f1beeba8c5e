export {}

/** A web global that Node has too. */
declare global {
  function atob(base64: string): string
}
