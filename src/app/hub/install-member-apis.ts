import { type Clock, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { installDefinitions } from './install-hub.js'

export interface InstallMemberApisOptions {
  readonly inventory: Inventory
  readonly definitions: readonly KubeObject[]
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const againMs = 30_000

/**
 * Serves kinds on every member as soon as it answers, once for each member and start. Definitions that are there stay as they
 * are, whoever made them; nothing is ever removed.
 */
export function installMemberApis(options: InstallMemberApisOptions): void {
  const { inventory, definitions, clock, log, signal } = options
  const begun = new Set<string>()

  function look(name: string): void {
    if (signal.aborted) return
    if (inventory.find({ name }) === undefined) {
      begun.delete(name)
      return
    }
    if (begun.has(name) || inventory.state(name).health !== 'Healthy') return
    begun.add(name)
    void install(name)
  }

  async function install(name: string): Promise<void> {
    try {
      await installDefinitions(inventory.client(name), definitions)
      log.info('a member serves the kinds of services across clusters', { cluster: name })
    } catch (error) {
      if (signal.aborted) return
      log.warn('kinds cannot be installed on a member', { cluster: name, error: messageOf(error) })
      await sleep(clock, againMs, signal).catch(() => {})
      begun.delete(name)
      look(name)
    }
  }

  const off = inventory.onChange(({ name }) => look(name))
  signal.addEventListener('abort', off, { once: true })
  for (const { name } of inventory.list()) look(name)
}
