/**
 * The one error class of every tscc package.
 *
 * `code` is `<package>/<what>` and permanent; `context` holds the figures of the message as data.
 * Messages read `subject: what is wrong`, with the found value and the limit.
 */
export class TsccError<Code extends string = string, Context = unknown> extends Error {
  override readonly name = 'TsccError'
  readonly code: Code
  readonly context: Context

  constructor(code: Code, context: Context, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.context = context
  }
}

/** A package's table of messages: the key is the code behind the slash, the parameter is the context. */
export type ErrorMessages = Readonly<Record<string, (context: never) => string>>

/** What {@link defineErrors} makes of a table: a constructor and a guard, both typed by it. */
export interface ErrorTable<Package extends string, Messages extends ErrorMessages> {
  /** Every code of the table, in its order. */
  readonly codes: readonly `${Package}/${keyof Messages & string}`[]
  /** Build (not throw) the error of one row. */
  make<Key extends keyof Messages & string>(
    key: Key,
    context: Parameters<Messages[Key]>[0],
    cause?: unknown,
  ): TsccError<`${Package}/${Key}`, Parameters<Messages[Key]>[0]>
  /** Narrow an unknown thrown value to one row, or to any row of this table. */
  is(error: unknown): error is TsccError<`${Package}/${keyof Messages & string}`>
  is<Key extends keyof Messages & string>(
    error: unknown,
    code: `${Package}/${Key}`,
  ): error is TsccError<`${Package}/${Key}`, Parameters<Messages[Key]>[0]>
}

/** Declare the errors of one package: `defineErrors('btf', { truncated: (c: { at: number }) => … })`. */
export function defineErrors<const Package extends string, Messages extends ErrorMessages>(
  owner: Package,
  messages: Messages,
): ErrorTable<Package, Messages> {
  const prefix = `${owner}/`
  const is = (error: unknown, code?: string): boolean =>
    error instanceof TsccError && (code === undefined ? error.code.startsWith(prefix) : error.code === code)
  return {
    codes: Object.keys(messages).map((key) => `${owner}/${key}` as const),
    make(key, context, cause) {
      const message = messages[key]
      if (message === undefined) throw new RangeError(`${prefix}${key}: no such row in the error table`)
      return new TsccError(`${owner}/${key}`, context, message(context as never), cause)
    },
    is: is as ErrorTable<Package, Messages>['is'], // one body behind two overloads
  }
}

/** Narrow any thrown value to a tscc error, whatever package made it. */
export function isTsccError(error: unknown): error is TsccError {
  return error instanceof TsccError
}
