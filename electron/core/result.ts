// Why: the end of every exhaustive switch, so that a new variant fails the type check rather than the person.

/** Compile-time proof that all variants were handled; at run time a loud error, never `undefined`. */
export function assertNever(x: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(x)}`)
}
