#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'
import { root } from './setup/paths.mjs'

const help = `Usage: lightbench [start] [options]
       lightbench user|token|tls …     who may come in, and the certificate; without more words: how
       lightbench service install      write systemd units for the bench and its guardian
       lightbench backup FOLDER        copy a bench, also while it runs
       lightbench restore BACKUP       put a backup in place of a data folder
       lightbench check                look whether a data folder is whole, its audit and its files
       lightbench probe RESOURCE       ask an instrument who it is, and print its entry for bench.yaml

Sets up what is missing, then runs the bench until it is told to end.

  --config FILE   the bench: its devices and settings (bench.yaml in this folder)
  --port PORT     listen on this port
  --host ADDRESS  listen on this address
  --version       print the version
  --help          print this
`

const args = process.argv.slice(2)
if (['user', 'token', 'tls', 'service', 'probe', 'backup', 'restore', 'check'].includes(args[0]))
  await run('cli', args)
else if (args.includes('--help') || args.includes('-h')) process.stdout.write(help)
else if (args.includes('--version')) process.stdout.write(`${version()}\n`)
else await start(args[0] === 'start' ? args.slice(1) : args)

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}

async function start(options) {
  const word = options[0]
  if (word !== undefined && !word.startsWith('-')) {
    process.stderr.write(`There is no command '${word}'.\n\n${help}`)
    process.exit(2)
  }
  await run('start', options)
}
