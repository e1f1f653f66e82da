" dockgate's language server for ALE.
call ale#Set('dockerfile_dockgate_executable', 'dockgate')
" For example {'profile': 'strict', 'ignore': ['missing-healthcheck']}.
call ale#Set('dockerfile_dockgate_settings', {})

function! ale_linters#dockerfile#dockgate#ProjectRoot(buffer) abort
  let l:git = ale#path#FindNearestDirectory(a:buffer, '.git')
  return l:git isnot# '' ? fnamemodify(l:git, ':h:h') : expand('#' . a:buffer . ':p:h')
endfunction

call ale#linter#Define('dockerfile', {
\ 'name': 'dockgate',
\ 'lsp': 'stdio',
\ 'executable': {buffer -> ale#Var(buffer, 'dockerfile_dockgate_executable')},
\ 'command': '%e lsp',
\ 'initialization_options': {buffer -> ale#Var(buffer, 'dockerfile_dockgate_settings')},
\ 'project_root': function('ale_linters#dockerfile#dockgate#ProjectRoot'),
\})
