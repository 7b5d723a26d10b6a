import { runGuardian } from '../../apiserver/pods/process/guardian.js'
import { runServer, type ServerProcess } from '../../apiserver/pods/server/run-server.js'
import { systemClock } from '../system/system-ports.js'

// What runs in a container of a built-in image, and what watches over local commands; started by the fleet with a channel to
// it (see src/apiserver/pods/process/launch-containers.ts).
if (process.argv[2] === 'guardian') await runGuardian(process)
else runServer(process as ServerProcess, systemClock)
