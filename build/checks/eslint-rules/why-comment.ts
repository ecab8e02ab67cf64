// Why: the house rule that a file begins with its reason to exist is only a rule if something checks it.
import type { Rule } from 'eslint'

/** The first token of the file is a comment (after a hashbang). */
export const whyComment: Rule.RuleModule = {
  meta: { type: 'suggestion', schema: [], messages: { missing: 'Begin the file with a comment that says why it exists.' } },
  create: (context) => ({
    Program(node) {
      const source = context.sourceCode
      // ESLint lists a hashbang among the comments, with a type of its own.
      const comment = source.getAllComments().find((c) => (c.type as string) !== 'Shebang')
      const code = source.ast.tokens[0]
      if (source.text.trim() === '') return
      if (!comment?.range || (code && code.range[0] < comment.range[0])) context.report({ node, loc: { line: 1, column: 0 }, messageId: 'missing' })
    },
  }),
}
