# how long threads spin is set before OpenMP reads it: in the place of `_`, SHLVL or OLDPWD, in one
# start, else in a second one; what the user has set stands
% ldd "$(command -v whatwhere)" | grep -q libgomp || exit 77
$ env -i PATH="$PATH" _=sh OMP_DISPLAY_ENV=VERBOSE whatwhere --version 2>&1 | grep -o "GOMP_SPINCOUNT = '[0-9]*'" | tr '\n' '.'
> ^GOMP_SPINCOUNT = '3000'\.$

% ldd "$(command -v whatwhere)" | grep -q libgomp || exit 77
$ for v in SHLVL OLDPWD; do env -i PATH="$PATH" $v=1 OMP_DISPLAY_ENV=VERBOSE whatwhere --version 2>&1 | grep -o "GOMP_SPINCOUNT = '[0-9]*'" | tr '\n' '.'; done
> ^GOMP_SPINCOUNT = '3000'\.GOMP_SPINCOUNT = '3000'\.$

% ldd "$(command -v whatwhere)" | grep -q libgomp || exit 77
$ env -i PATH="$PATH" OMP_DISPLAY_ENV=VERBOSE whatwhere --version 2>&1 | grep -o "GOMP_SPINCOUNT = '[0-9]*'" | tr '\n' '.'
> ^GOMP_SPINCOUNT = '300000'\.GOMP_SPINCOUNT = '3000'\.$

% ldd "$(command -v whatwhere)" | grep -q libgomp || exit 77
$ env -i PATH="$PATH" _=sh GOMP_SPINCOUNT=77 OMP_DISPLAY_ENV=VERBOSE whatwhere --version 2>&1 | grep -o "GOMP_SPINCOUNT = '[0-9]*'" | tr '\n' '.'
> ^GOMP_SPINCOUNT = '77'\.$

% ldd "$(command -v whatwhere)" | grep -q libgomp || exit 77
$ env -i PATH="$PATH" _=sh OMP_WAIT_POLICY=passive OMP_DISPLAY_ENV=VERBOSE whatwhere --version 2>&1 | grep -o "GOMP_SPINCOUNT = '[0-9]*'" | tr '\n' '.'
> ^GOMP_SPINCOUNT = '0'\.$
