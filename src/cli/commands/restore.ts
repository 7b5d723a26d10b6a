import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { messageOf, UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'

interface Options {
  to?: string
  from?: string
  dataDir?: string
  dryRun?: boolean
  yes?: boolean
}

const shown = 20

/** `flotilla restore`: an embedded cluster becomes what a backup says. */
export const restoreCommand: CommandEntry = {
  name: 'restore',
  register(program, io) {
    program
      .command('restore <file>')
      .description('make an embedded cluster what it was in a backup; what came later is deleted')
      .option('--to <cluster>', 'the cluster (default: the name of the file)')
      .option('--from <cluster>', 'which cluster of the backup, when it holds several')
      .option('--dry-run', 'say what would change, change nothing')
      .option('--yes', 'do it without --dry-run before')
      .option('--data-dir <dir>', 'data directory of the fleet (default: the one of `flotilla up`)')
      .action(async (file: string, options: Options) => {
        if (!options.dryRun && !options.yes) {
          throw new UsageError({
            code: 'restore-not-confirmed',
            message: 'restoring overwrites and deletes what is in the cluster now',
            fix: 'Look with --dry-run first, then repeat with --yes.',
          })
        }
        const { connectEmbeddedClusters, writeBackup } = await import('../../app/fleet/cluster-backups.js')
        const text = readText(resolve(file))
        const name = options.to ?? basename(file).replace(/\.backup$/, '')
        const clusters = await connectEmbeddedClusters(options.dataDir, io.env)
        try {
          const client = clusters.get(name)
          if (client === undefined) {
            throw new UsageError({
              code: 'cluster-not-found',
              message: `there is no embedded cluster ${name} in this fleet`,
              fix: `Name one with --to: ${[...clusters.keys()].join(', ')}.`,
            })
          }
          const outcome = await writeBackup(client, text, { dryRun: options.dryRun === true, from: options.from })
          const list = (verb: string, keys: readonly string[]) => {
            for (const key of keys.slice(0, shown)) io.out(`${verb} ${key}`)
            if (keys.length > shown) io.out(`${verb} ${keys.length - shown} more`)
          }
          list('write', outcome.written)
          list('delete', outcome.deleted)
          const mode = options.dryRun ? ' (dry run)' : ''
          io.err(`${name}: ${outcome.written.length} objects written, ${outcome.deleted.length} deleted${mode}`)
        } finally {
          for (const each of clusters.values()) each.close()
        }
      })
  },
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `cannot read ${path}: ${messageOf(error)}`,
      fix: 'Name a file that `flotilla backup` wrote.',
    })
  }
}
