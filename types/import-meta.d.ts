/** Where a module lies, which Node tells each. */
interface ImportMeta {
  url: string
}
