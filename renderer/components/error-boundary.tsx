// Why: a mistake in one screen must not leave a kiosk with an empty window. The next screen that main sends is drawn anew.
import { Component, type ReactNode } from 'react'
import { BlockedScreen } from '../screens/blocked.tsx'

interface Props { readonly screen: string; readonly children: ReactNode }
/** The screen on which it happened; an error is reported without its props, so first this stands in for the name. */
const JUST_NOW = ''
interface State { readonly brokenOn: string | undefined }

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { brokenOn: undefined }

  static getDerivedStateFromError(): Partial<State> {
    return { brokenOn: JUST_NOW }
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    if (state.brokenOn === JUST_NOW) return { brokenOn: props.screen }
    return state.brokenOn !== undefined && state.brokenOn !== props.screen ? { brokenOn: undefined } : null
  }

  override componentDidCatch(error: unknown): void {
    // Main takes the page's console at this level into its log; a message of ours holds no input of a person.
    console.error(`screen ${this.props.screen} failed: ${error instanceof Error ? error.name : 'unknown'}`)
  }

  override render(): ReactNode {
    if (this.state.brokenOn === undefined) return this.props.children
    return <BlockedScreen view={{ screen: 'blocked', error: { code: 'internal.bug', params: {}, traceId: '' } }} />
  }
}
