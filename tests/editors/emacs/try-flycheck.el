;;; try-flycheck.el --- what Flycheck shows of the file  -*- lexical-binding: t; -*-

(require 'try-common)
(require 'flycheck)

(try-run
 (lambda ()
   (try-wait "Flycheck" (lambda () flycheck-current-errors))
   `((checker . ,(symbol-name (flycheck-get-checker-for-buffer)))
     (errors . ,(vconcat
                 (mapcar (lambda (found)
                           `((severity . ,(symbol-name (flycheck-error-level found)))
                             (line . ,(flycheck-error-line found))
                             (column . ,(flycheck-error-column found))
                             (endLine . ,(flycheck-error-end-line found))
                             (endColumn . ,(flycheck-error-end-column found))
                             (rule . ,(flycheck-error-id found))
                             (message . ,(flycheck-error-message found))))
                         flycheck-current-errors))))))
