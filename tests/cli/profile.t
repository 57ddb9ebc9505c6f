# a training step: the whole, then what costs most; the optimiser is among it
$ whatwhere profile two-streams-small --batch 4 --runs 2 --top 1000
> ^training, batch 4: [0-9.]+ ms a step, [0-9.]+ samples/s, [0-9.]+ GFLOP \([0-9.]+ GFLOP/s\)$
> ^memory [0-9.]+ MiB \([0-9.]+ unshared\), [0-9]+ parameters, [0-9]+ page faults a step; drawing a batch of scenes takes [0-9.]+ ms$
> ^area +operator +nodes +forward ms +backward ms +share % +GFLOP/s +MiB$
> ^V1 +conv2d +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$
> ^all +adamw? +0 +[0-9.]+ +0\.000 +[0-9.]+ +- +0\.00$

# an inference goes one way, and the rest of the table is one line
$ whatwhere profile two-streams-small --infer --batch 1 --runs 1 --top 1
> ^inference, batch 1: 
> ^[^ ]+ +[^ ]+ +[0-9]+ +[0-9.]+ +0\.000 
> ^[0-9]+ more +[0-9.]+$

% command -v gnuplot > /dev/null || exit 77
$ whatwhere profile two-streams-small --batch 2 --runs 1 -o p > /dev/null && ls p && head -n 1 p/profile.csv && cut -d, -f1 p/profile.csv | sort -u
> ^areas\.pdf$
> ^operators\.svg$
> ^area,operator,nodes,forward_ms,backward_ms,gflop,gflop_s,bytes$
> ^V1$
> ^all$

# the bars go from the most costly down
% command -v gnuplot > /dev/null || exit 77
$ whatwhere profile two-streams-small --batch 2 --runs 1 -o p > /dev/null && awk 'NF == 6 && /^[0-9]/ { t[$1] += $3 } END { for (i = 1; i in t; i++) if (t[i] > t[i - 1] + 1e-6) bad++; print (i > 5 ? "many" : "few"), bad + 0 }' p/areas.dat
> ^many 0$

$ whatwhere profile
? 2
! whatwhere: an argument is missing; wanted: BRAIN

$ whatwhere profile two-streams-smal
? 1
!~ ^whatwhere: connectome/brains/two-streams-smal\.yaml not found

$ whatwhere profile two-streams-small --runs 0
? 2
! whatwhere: --runs: 0 is outside 1 to 1000000
