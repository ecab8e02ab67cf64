// Why: words in a component are words that nobody translates. All of them come from the catalogue through t().
import type { Rule } from 'eslint'

/** Attributes that a person gets to see or to hear. */
const SPOKEN = new Set(['title', 'alt', 'placeholder', 'label', 'aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'description', 'errorMessage'])
const LETTER = /\p{L}/u

interface JsxNode {
  readonly type: string
  readonly value?: unknown
  readonly expression?: JsxNode
  readonly name?: { readonly name?: unknown }
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[]
  readonly consequent?: JsxNode
  readonly alternate?: JsxNode
  readonly left?: JsxNode
  readonly right?: JsxNode
}

/** Reports letters in JSX text, in string literals among the children, and in attributes that are shown or spoken. */
export const noTextInJsx: Rule.RuleModule = {
  meta: { type: 'problem', schema: [], messages: { text: 'Text for people comes from the catalogue: use t().' } },
  create(context) {
    const report = (node: unknown): void => context.report({ node: node as Rule.Node, messageId: 'text' })
    return {
      JSXText(node: JsxNode) {
        if (LETTER.test(String(node.value))) report(node)
      },
      'JSXElement > JSXExpressionContainer, JSXFragment > JSXExpressionContainer'(node: JsxNode) {
        if (node.expression && holdsText(node.expression)) report(node)
      },
      JSXAttribute(node: JsxNode) {
        if (!SPOKEN.has(String(node.name?.name))) return
        const value = node.value as JsxNode | null
        const inner = value?.type === 'JSXExpressionContainer' ? value.expression : value
        if (inner && holdsText(inner)) report(node)
      },
    } as Rule.RuleListener
  },
}

/** A literal with letters, directly or as the result of `?:`, `&&`, `||`, `??`. */
function holdsText(node: JsxNode): boolean {
  if (node.type === 'Literal') return typeof node.value === 'string' && LETTER.test(node.value)
  if (node.type === 'TemplateLiteral') return (node.quasis ?? []).some((q) => LETTER.test(q.value.raw))
  if (node.type === 'ConditionalExpression') return [node.consequent, node.alternate].some((n) => n !== undefined && holdsText(n))
  if (node.type === 'LogicalExpression') return [node.left, node.right].some((n) => n !== undefined && holdsText(n))
  return false
}
