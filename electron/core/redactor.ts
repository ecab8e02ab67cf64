// Why: redaction happens once, on the finished line, by value: a secret deep inside an error message or a nested
// object is caught just as well as one in a field called "password".

/** Registry of the secret values alive now, with the spellings in which they could turn up in text. */
export class Redactor {
  readonly #live = new Map<object, readonly string[]>()

  /** Registers `text` for `owner` in raw, JSON-escaped, URL-encoded, base64 and hex spelling. */
  add(owner: object, text: string): void {
    // One or two characters would turn every line into asterisks and, by where they appear, tell more than they hide.
    if (text.length < 3) return
    const bytes = Buffer.from(text, 'utf8')
    const b64 = bytes.toString('base64').replace(/=+$/, '')
    const forms = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed()), b64, b64.replaceAll('+', '-').replaceAll('/', '_'), bytes.toString('hex')]
    this.#live.set(owner, [...new Set(forms)].sort((a, b) => b.length - a.length))
  }

  remove(owner: object): void {
    this.#live.delete(owner)
  }

  /** Replaces every live secret in a finished line by `[secret]`. */
  redact(line: string): string {
    let out = line
    for (const forms of this.#live.values()) for (const form of forms) if (out.includes(form)) out = out.replaceAll(form, '[secret]')
    return out
  }

  get size(): number {
    return this.#live.size
  }
}
