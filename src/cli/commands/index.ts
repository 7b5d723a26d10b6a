import type { CommandEntry } from '../contract.js'
import { agentCommand } from './agent.js'
import { apiServerCommand } from './apiserver.js'
import { applicationCommand } from './app.js'
import { applicationSetCommand } from './appset.js'
import { backupCommand } from './backup.js'
import { chaosCommand } from './chaos.js'
import { checkCommand } from './check.js'
import { clusterCommand } from './cluster.js'
import { completionCommand } from './completion.js'
import { credentialPluginCommand } from './credential-plugin.js'
import { downCommand } from './down.js'
import { explainCommand } from './explain.js'
import { failoverCommand } from './failover.js'
import { gatewayCommand } from './gateway.js'
import { hubCommand } from './hub.js'
import { kubeFedCommand } from './kubefed.js'
import { placementCommand } from './placement.js'
import { renderCommand } from './render.js'
import { restoreCommand } from './restore.js'
import { serviceCommand } from './service.js'
import { statusCommand } from './status.js'
import { upCommand } from './up.js'
import { xdsCommand } from './xds.js'

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  upCommand,
  downCommand,
  serviceCommand,
  xdsCommand,
  gatewayCommand,
  statusCommand,
  explainCommand,
  clusterCommand,
  applicationCommand,
  applicationSetCommand,
  placementCommand,
  failoverCommand,
  kubeFedCommand,
  checkCommand,
  renderCommand,
  chaosCommand,
  backupCommand,
  restoreCommand,
  hubCommand,
  agentCommand,
  credentialPluginCommand,
  apiServerCommand,
  completionCommand,
]
