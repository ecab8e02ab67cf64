// Why: the page's entry. Finds the bridge, makes the store and draws; everything else is passed in.
import '../shared/ipc/no-eval.ts'
import { createBridge } from './bridge.ts'
import { ChosenEngine } from './console/chosen-engine.ts'
import { SpiceEngine } from './console/spice-engine/engine.ts'
import { mount } from './mount.tsx'
import { createStore } from './store.ts'

const root = document.getElementById('root')
const raw = window.latchkey
if (root !== null) {
  if (raw === undefined) {
    root.textContent = 'Latchkey: this page only works inside its own window.'
  } else {
    const bridge = createBridge(window, raw)
    const store = createStore(bridge)
    const engine = new ChosenEngine(
      () => store.get().bootstrap?.consoleEngine ?? 'latchkey',
      new SpiceEngine(),
      async () => new (await import('./console/spice-html5/engine.ts')).SpiceHtml5Engine(),
    )
    mount(root, { store, openChannel: bridge.openChannel, engine })
    void store.start()
  }
}
