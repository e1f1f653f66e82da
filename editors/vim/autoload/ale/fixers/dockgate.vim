" ALE: applies the safe fixes to the buffer.
call ale#Set('dockerfile_dockgate_executable', 'dockgate')

function! ale#fixers#dockgate#Fix(buffer) abort
  let l:executable = ale#Escape(ale#Var(a:buffer, 'dockerfile_dockgate_executable'))
  return {'command': l:executable . ' lint --fix --exit-zero --stdin-filename %s -'}
endfunction
