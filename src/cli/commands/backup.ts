import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'

/** `flotilla backup`: the state of embedded clusters, one file for each. */
export const backupCommand: CommandEntry = {
  name: 'backup',
  register(program, io) {
    program
      .command('backup [clusters...]')
      .description('write the whole state of embedded clusters (default: all) to files; Secrets stand in them in the clear')
      .requiredOption('--to <dir>', 'directory for NAME.backup files (made with mode 0700, files 0600)')
      .option('--data-dir <dir>', 'data directory of the fleet (default: the one of `flotilla up`)')
      .action(async (names: string[], options: { to: string; dataDir?: string }) => {
        const { connectEmbeddedClusters, readBackup } = await import('../../app/fleet/cluster-backups.js')
        const { makeDirectory } = await import('../../app/fleet/data-directory.js')
        const clusters = await connectEmbeddedClusters(options.dataDir, io.env)
        try {
          const unknown = names.find((name) => !clusters.has(name))
          if (unknown !== undefined) {
            throw new UsageError({
              code: 'cluster-not-found',
              message: `there is no embedded cluster ${unknown} in this fleet`,
              fix: `It has: ${[...clusters.keys()].join(', ')}.`,
            })
          }
          const directory = resolve(options.to)
          try {
            makeDirectory(directory)
          } catch (error) {
            throw new UsageError({
              code: 'backup-not-written',
              message: `${directory} cannot be made: ${messageOf(error)}`,
              fix: 'Name a directory that you may write.',
            })
          }
          for (const name of names.length > 0 ? names : clusters.keys()) {
            const text = await readBackup(clusters.get(name)!)
            const path = join(directory, `${name}.backup`)
            writeFileSync(path, text, { mode: 0o600 })
            io.out(`${path} (${Buffer.byteLength(text)} bytes)`)
          }
        } finally {
          for (const client of clusters.values()) client.close()
        }
      })
  },
}
