#!/usr/bin/env node
'use strict'
const { join } = require('node:path')

const folder = join(__dirname, '../dist/bundle')
require(join(folder, 'start.cjs')).startProgram(folder, require)
