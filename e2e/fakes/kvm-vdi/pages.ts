// Why: the dashboard's HTML as its own thin client gets it, names unescaped as they are there.
import type { FakePool, KvmVdiState } from './state.ts'

/** draw_html5_buttons.php: one panel per pool of the person. */
export function poolsPage(state: KvmVdiState, user: string): string {
  const mine = state.people.get(user)?.pools ?? []
  return state.pools.filter((p) => mine.includes(p.id)).map((p) => panel(p, user)).join('\n')
}

function panel(pool: FakePool, user: string): string {
  const given = pool.machines.find((m) => m.usedBy === user)
  const free = pool.machines.filter((m) => m.usedBy === undefined).length
  const colour = given ? 'text-success' : free > 0 ? 'text-warning' : 'text-muted'
  const power = given?.state === 'running' ? `<a href="#" class="shutdown" id="${given.vmId}"><i class="fa fa-power-off"></i></a> <a href="#" class="terminate" id="${given.vmId}"><i class="fa fa-times"></i></a>` : ''
  return `<div class="col-md-3">
  <div class="panel panel-default">
    <div class="panel-heading">${power}<small>${given?.name ?? 'none'}</small></div>
    <div class="panel-body">
      <div class="row text-center"><a href="#" id="${pool.id}" class="pools"><i class="fa fa-desktop fa-5x ${colour}"></i></a></div>
      <div class="row text-center"><span>${pool.name}</span></div>
    </div>
    <div class="panel-footer">Pool size: ${pool.machines.length} <br> Available: ${free}</div>
  </div>
</div>`
}

/** client_pools.php: the frame that the pools are loaded into. */
export const clientPage = (): string => '<!DOCTYPE html>\n<html><head><title>KVM-VDI</title></head><body><div id="pools"></div></body></html>'

/** What a browser sees before it has signed in. */
export const startPage = (): string => '<!DOCTYPE html>\n<html><body><form action="login.php" method="post"></form></body></html>'
