;;; try-common.el --- what the scripts of the tests share  -*- lexical-binding: t; -*-
;; They run in the buffer of the file, once Emacs has started, and answer as JSON.

(require 'cl-lib)
(require 'json)

(setq native-comp-deferred-compilation nil
      make-backup-files nil
      auto-save-default nil)

(defconst try-seconds 30)

(defun try-wait (what condition)
  "Wait until CONDITION gives something other than nil, and give that; else say WHAT lacks."
  (cl-loop with end = (+ (float-time) try-seconds)
           for value = (funcall condition)
           until value
           when (> (float-time) end) do (error "Waited in vain for %s" what)
           do (sit-for 0.02)
           finally return value))

(defun try-answer (function)
  "Write what FUNCTION gives, or why it gives nothing, where the test reads it; then end."
  (let ((answer (condition-case failure
                    (funcall function)
                  (error `((failure . ,(error-message-string failure)))))))
    (with-temp-file (getenv "RESULT")
      (insert (json-serialize answer :null-object nil)))
    (kill-emacs)))

(defun try-run (function)
  "Run FUNCTION as soon as Emacs waits for a key."
  (let ((buffer (current-buffer)))
    (run-with-idle-timer
     0 nil (lambda () (with-current-buffer buffer (try-answer function))))))

(provide 'try-common)
