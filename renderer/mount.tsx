// Why: one way to put the app into a page, for the product's entry and for the screen gallery.
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import type { AppParts } from './context.tsx'

export function mount(root: HTMLElement, parts: AppParts): void {
  createRoot(root).render(<App parts={parts} />)
}
