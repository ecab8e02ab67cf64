// Why: the page's entry. Finds the bridge, makes the store and draws; everything else is passed in.
import '../shared/ipc/no-eval.ts'
import { createBridge } from './bridge.ts'
import { SpiceHtml5Engine } from './console/spice-html5/engine.ts'
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
    mount(root, { store, openChannel: bridge.openChannel, engine: new SpiceHtml5Engine() })
    void store.start()
  }
}
