// Why: a Secret's bytes can be zeroed, a string made of them cannot. Where strings are made is therefore a short list
// of folders (set in eslint.config.js), and everywhere else `secret.use((b) => b.toString())` is a mistake.
// Two looks: at the text of a callback (which finds a string that is made and dropped), and, where types are known,
// at what `use` gives back (which finds a named function and every other way of making a string).
import type { Rule } from 'eslint'
import type { CallExpression, Identifier, Node } from 'estree'
import ts from 'typescript'

/** What typescript-eslint's parser offers where types are known. */
interface TypedServices {
  readonly program: unknown
  getTypeAtLocation(node: unknown): ts.Type
}

/** Methods of Buffer and globals that turn bytes into text. */
const TO_TEXT = new Set(['toString', 'toLocaleString', 'utf8Slice', 'latin1Slice', 'asciiSlice', 'hexSlice', 'base64Slice', 'toJSON', 'toHex', 'toBase64'])
const TEXT_FUNCTIONS = new Set(['String'])

/** Reports text made inside the callback of a `.use(…)` call from the callback's own parameter. */
export const noSecretString: Rule.RuleModule = {
  meta: { type: 'problem', schema: [], messages: { text: 'A secret becomes a string here, which cannot be wiped. Work on the bytes, or move this to where strings are allowed.' } },
  create(context) {
    /** Names of the byte parameters of the `.use` callbacks around the node being visited. */
    const lent: string[] = []
    const isLent = (node: Node): boolean => node.type === 'Identifier' && lent.includes(node.name)
    const report = (node: Node): void => context.report({ node, messageId: 'text' })
    const services = context.sourceCode.parserServices as Partial<TypedServices>
    return {
      CallExpression(node) {
        const parameter = lentParameter(node)
        if (parameter) lent.push(parameter.name)
        if (services.program && givesTextOfSecret(node, services as TypedServices)) report(node)
        const { callee } = node
        if (callee.type === 'MemberExpression') {
          const name = callee.computed ? (callee.property.type === 'Literal' ? String(callee.property.value) : '') : (callee.property as Identifier).name
          if (TO_TEXT.has(name) && touches(callee.object, isLent)) report(node)
          // new TextDecoder().decode(b), decoder.write(b)
          if ((name === 'decode' || name === 'write' || name === 'end') && /decoder/i.test(context.sourceCode.getText(callee.object as never)) && node.arguments.some((a) => touches(a, isLent))) report(node)
        }
        if (callee.type === 'Identifier' && TEXT_FUNCTIONS.has(callee.name) && node.arguments.some((a) => touches(a, isLent))) report(node)
      },
      'CallExpression:exit'(node: CallExpression) {
        if (lentParameter(node)) lent.pop()
      },
      TemplateLiteral(node) {
        if (node.expressions.some(isLent)) report(node)
      },
      BinaryExpression(node) {
        if (node.operator === '+' && (isLent(node.left) || isLent(node.right))) report(node)
      },
    }
  },
}

/** `secret.use(…)` whose result is, or may be, a string. */
function givesTextOfSecret(node: CallExpression, services: TypedServices): boolean {
  const { callee } = node
  if (callee.type !== 'MemberExpression' || callee.computed || (callee.property as Identifier).name !== 'use') return false
  if (services.getTypeAtLocation(callee.object).getSymbol()?.name !== 'Secret') return false
  const result = services.getTypeAtLocation(node)
  return (result.isUnion() ? result.types : [result]).some((t) => (t.flags & ts.TypeFlags.StringLike) !== 0)
}

function lentParameter(node: CallExpression): Identifier | undefined {
  const { callee, arguments: [fn] } = node
  if (callee.type !== 'MemberExpression' || callee.computed || (callee.property as Identifier).name !== 'use') return undefined
  if (fn?.type !== 'ArrowFunctionExpression' && fn?.type !== 'FunctionExpression') return undefined
  const [first] = fn.params
  return first?.type === 'Identifier' ? first : undefined
}

/** `b`, `b.subarray(1)`, `Buffer.from(b)`: the bytes, or something made of them on the way. */
function touches(node: Node, isLent: (node: Node) => boolean): boolean {
  if (isLent(node)) return true
  if (node.type === 'MemberExpression') return touches(node.object, isLent)
  if (node.type === 'CallExpression') return touches(node.callee, isLent) || node.arguments.some((a) => touches(a, isLent))
  return false
}
