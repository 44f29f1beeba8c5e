/** What `make` gives; where it throws, that is logged, and `otherwise` takes its place. */
export function guarded<T>(log: (message: string) => void, what: string, make: () => T, otherwise: T): T {
  try {
    return make()
  } catch (error) {
    log(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return otherwise
  }
}
