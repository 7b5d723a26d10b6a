#!/usr/bin/env node
// `flotilla check` from a checkout of this repository, for actions and hooks: makes the checkout ready first (once), and checks where
// the caller stands. What making ready says goes to standard error, so that standard output is the report alone.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ready = spawnSync(process.execPath, [join(root, 'tools/prepare.mjs')], { stdio: ['ignore', 2, 2] })
if (ready.status !== 0) process.exit(2)
const checked = spawnSync(process.execPath, [join(root, 'bin/flotilla.js'), 'check', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(checked.status ?? 2)
