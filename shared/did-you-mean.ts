// Why: most configuration mistakes are typing mistakes, and the cheapest help is the word that was meant.

/**
 * Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours, each counted once.
 * A swap counts once because it is the commonest slip of the fingers ("versoin").
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(replace, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The nearest of `candidates`, if it is near enough to be a slip: a third of the word, case not counted. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  // A long word cannot be a slip of a short key, and the distance costs time by its square.
  if (word.length === 0 || word.length > 80) return undefined
  const scored = candidates.map((c) => ({ c, d: editDistance(word.toLowerCase(), c.toLowerCase()) })).sort((x, y) => x.d - y.d)
  const best = scored[0]
  return best && best.d <= Math.max(1, Math.floor(Math.max(word.length, best.c.length) / 3)) ? best.c : undefined
}
