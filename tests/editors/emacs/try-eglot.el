;;; try-eglot.el --- diagnostics, and a quick fix that the user picks  -*- lexical-binding: t; -*-

(require 'try-common)
(require 'eglot)

(defun shown ()
  "The diagnostics of the buffer, as a user sees them."
  (mapcar (lambda (diagnostic)
            (let ((from (flymake-diagnostic-beg diagnostic))
                  (to (flymake-diagnostic-end diagnostic)))
              `((severity . ,(symbol-name (flymake-diagnostic-type diagnostic)))
                (line . ,(line-number-at-pos from))
                (text . ,(buffer-substring-no-properties from to))
                (message . ,(flymake-diagnostic-text diagnostic)))))
          (flymake-diagnostics)))

(defun pick (title)
  "Let the user ask for code actions and pick TITLE; give the titles that were offered."
  (let* ((titles nil)
         (last-nonmenu-event ?x) ; by key, so Emacs asks in the minibuffer
         (completing-read-function
          (lambda (_prompt items &rest _)
            (setq titles (mapcar #'car items))
            title)))
    (call-interactively #'eglot-code-actions)
    titles))

(try-run
 (lambda ()
   (try-wait "the server" #'eglot-managed-p)
   (let ((before (try-wait "diagnostics" #'shown))
         (tick (buffer-chars-modified-tick)))
     (goto-char (point-min))
     (search-forward (getenv "AT"))
     (goto-char (match-beginning 0))
     (let ((titles (pick (getenv "TITLE"))))
       (try-wait "the fix" (lambda () (> (buffer-chars-modified-tick) tick)))
       (let ((after (try-wait "new diagnostics"
                              (lambda ()
                                (let ((found (shown)))
                                  (and (= (length found) (1- (length before))) found))))))
         (save-buffer)
         `((before . ,(vconcat before))
           (titles . ,(vconcat titles))
           (after . ,(vconcat after))))))))
