;;; dockgate.el --- Lint Dockerfiles with dockgate  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0
;; Package-Requires: ((emacs "27.1"))

;;; Commentary:

;; (require 'dockgate) tells Eglot and Flycheck of dockgate, whichever of them is there.
;; Eglot: M-x eglot in a Dockerfile, or (add-hook 'dockerfile-mode-hook #'eglot-ensure).
;; Flycheck: (add-hook 'dockerfile-mode-hook #'flycheck-mode).

;;; Code:

(defgroup dockgate nil
  "Lint Dockerfiles with dockgate."
  :group 'tools)

(defcustom dockgate-executable "dockgate"
  "The program to run."
  :type 'string)

(defcustom dockgate-settings nil
  "Settings of the language server, for example (:profile \"strict\")."
  :type 'plist)

(defconst dockgate--modes '(dockerfile-mode dockerfile-ts-mode))

(defvar eglot-server-programs)
(defvar flycheck-checkers)
(declare-function flycheck-define-command-checker "flycheck")
(declare-function flycheck-error-new-at "flycheck")

(eval-when-compile (require 'subr-x))
(require 'let-alist)

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons dockgate--modes
                     (lambda (&rest _)
                       (list dockgate-executable "lsp"
                             :initializationOptions dockgate-settings)))))

(defun dockgate--report (output)
  "The report in OUTPUT, or what it says instead as a report's only failure.
Flycheck puts standard output and standard error together."
  (with-temp-buffer
    (insert output)
    (goto-char (point-min))
    (condition-case nil
        (progn
          (re-search-forward "^{")
          (goto-char (match-beginning 0))
          (json-parse-buffer :object-type 'alist :array-type 'list))
      (error `((failures ((message . ,(string-trim output)))))))))

(defun dockgate--flycheck-errors (output checker buffer)
  "The errors of CHECKER in BUFFER that OUTPUT, dockgate's JSON, tells of."
  (let-alist (dockgate--report output)
    (append
     (mapcar (lambda (failure)
               (flycheck-error-new-at 1 nil 'error (alist-get 'message failure)
                                      :checker checker :buffer buffer))
             .failures)
     (mapcar (lambda (found)
               (let-alist found
                 (flycheck-error-new-at
                  .line .column
                  (pcase .severity ("error" 'error) ("warning" 'warning) (_ 'info))
                  .message
                  :end-line .endLine :end-column .endColumn
                  :id .rule :checker checker :buffer buffer)))
             .diagnostics))))

(with-eval-after-load 'flycheck
  (flycheck-define-command-checker 'dockgate
    "Lint Dockerfiles with dockgate."
    :command '("dockgate" "lint" "--format" "json" "--exit-zero"
               "--stdin-filename" (eval (or (buffer-file-name) "Dockerfile")) "-")
    :standard-input t
    :error-parser #'dockgate--flycheck-errors
    :modes dockgate--modes)
  (add-to-list 'flycheck-checkers 'dockgate))

(provide 'dockgate)
;;; dockgate.el ends here
