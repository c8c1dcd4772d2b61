#!/bin/sh
# For trying it out only: in earnest each person makes a key of their own, and a pull request adds the public half.
set -eu
gate keys new --output gate.pem --name pipeline --into policies/approvers.yaml
gate keys new --output lena.pem --name lena --role ml --identity "$(id -un)" --into policies/approvers.yaml
gate keys new --output ann.pem --name ann --role model-risk --into policies/approvers.yaml
