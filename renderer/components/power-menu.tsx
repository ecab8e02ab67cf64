// Why: the device's own power actions, as far as the configuration allows them.
import type { ReactNode } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { useApp } from '../context.tsx'
import { PowerIcon } from './icons.tsx'

export function PowerMenu(): ReactNode {
  const { t, send, bootstrap } = useApp()
  const actions = bootstrap?.power ?? []
  if (actions.length === 0) return null
  return (
    <MenuTrigger>
      <Button className="button quiet icon-only" aria-label={t('power.menu')}><PowerIcon /></Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" aria-label={t('power.menu')}>
          {actions.map((action) => (
            <MenuItem key={action} id={action} className="menu-item" onAction={() => { void send({ type: 'power', action }) }}>
              {t(`power.${action}`)}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
