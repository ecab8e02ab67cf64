// Why: the two moments in which there is nothing to ask and nothing to choose.
import type { ReactNode } from 'react'
import { Frame } from '../components/frame.tsx'
import { useApp } from '../context.tsx'

export function WaitingScreen({ text }: { text: 'booting.text' | 'ending.text' }): ReactNode {
  const { t } = useApp()
  return (
    <Frame>
      <div className="waiting" role="status">
        <span className="spinner large" />
        <p>{t(text)}</p>
      </div>
    </Frame>
  )
}
