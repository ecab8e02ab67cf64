// Why: every word on the screen comes from one catalogue with typed keys, so a language is a file and a missing or
// misspelt key is a type error. Used by both sides; holds no state but a cache of parsed messages.
import { IntlMessageFormat } from 'intl-messageformat'
import en from './en.json' with { type: 'json' }

export type MessageKey = keyof typeof en
export type MessageParams = Readonly<Record<string, string | number>>
export type Catalogue = Readonly<Record<MessageKey, string>>
export type Translate = (key: MessageKey, params?: MessageParams) => string

/** Catalogues by language (primary subtag). English is complete by construction: its keys are the type. */
export const catalogues: Readonly<Record<string, Catalogue>> = { en }

export const isMessageKey = (text: string): text is MessageKey => Object.hasOwn(en, text)

/** The catalogue for a BCP 47 tag: its primary language, else English. */
export function catalogueFor(locale: string): { readonly language: string; readonly catalogue: Catalogue } {
  const language = locale.toLowerCase().split('-')[0] ?? 'en'
  const catalogue = Object.hasOwn(catalogues, language) ? catalogues[language] : undefined
  return catalogue === undefined ? { language: 'en', catalogue: en } : { language, catalogue }
}

/** A parsed message. Tags are off: the catalogue is plain text, and `<devices>` in it is just those letters. */
export const parseMessage = (text: string, language: string): IntlMessageFormat =>
  new IntlMessageFormat(text, language, undefined, { ignoreTag: true })

/**
 * Makes `t(key, params)` for a locale: ICU MessageFormat, plain text out. A parameter that the caller forgot must not
 * take the screen down, so the unformatted text is returned in that case (the tests format every message).
 */
export function translator(locale: string): Translate {
  const { language, catalogue } = catalogueFor(locale)
  const parsed = new Map<MessageKey, IntlMessageFormat>()
  return (key, params) => {
    let message = parsed.get(key)
    if (message === undefined) {
      message = parseMessage(catalogue[key], language)
      parsed.set(key, message)
    }
    try {
      const text = message.format(params)
      return typeof text === 'string' ? text : catalogue[key]
    } catch {
      return catalogue[key]
    }
  }
}
