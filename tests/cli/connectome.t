# the whole table, and the areas of 1991 beside it
$ whatwhere connectome
> ^felleman_vanessen_1991 +all  cortex 1991$
> ^areas +36 +32$
> ^pathways +329 +317$
> ^density +0\.261 +0\.320$
> ^ascending that skip a level or more +0\.631 +0\.641$
> ^1 +51 +104 +0\.490$
> ^   11  TF TH 46$
> ^    0  retina$

$ whatwhere connectome --areas
> ^V1 +2 early +1484\.6 +1\.3 +9 +9 +0 +1$
> ^46 +11 frontal +185\.16 +- +13 +10 +2 +2686$

# a table of one's own
$ printf 'kind\tarea\ttarget\tstream\tlevel\tsurface_mm2\trf_deg\tsource\narea\ta\t-\tearly\t0\t-\t-\tx\narea\tb\t-\tventral\t2\t-\t-\tx\npathway\ta\tb\t-\t-\t-\t-\tx\n' > own.tsv && whatwhere connectome own.tsv
> ^own\.tsv +all$
> ^pathways +1$
> ^density +0\.500$
> ^ordered pairs without a way +1$

$ whatwhere connectome -o wiring.dot >/dev/null && grep -c ' -> ' wiring.dot
> ^151$

$ whatwhere connectome --all-pathways -o wiring.dot >/dev/null && grep -c ' -> ' wiring.dot
> ^333$

# a brain is measured as it is wired
$ printf 'brain: b\nareas: {retina: {}, LGN: {}, V1: {}, MT: {}}\nwiring: {use: [ascending]}\n' > b.yaml && whatwhere connectome b.yaml
> ^b +all$
> ^areas +4$
> ^pathways +4$
> ^ascending that skip a level or more +0\.500$

$ printf 'brain: b\nareas: {retina: {}, LGN: {}}\n' > b.yaml && whatwhere connectome b.yaml --set area.LGM.grid=3
! whatwhere: --set area.LGM: the brain has no area 'LGM'; did you mean 'LGN'?
? 1

$ printf 'brain: b\nareas: {retina: {}, LGM: {}}\n' > b.yaml && whatwhere connectome b.yaml
! whatwhere: b.yaml:2: areas: unknown area 'LGM'; did you mean 'LGN'?
? 1

$ printf 'brain: b\nareas: {retina: {}, VIP: {}, LIP: {}}\nwiring:\n  add:\n    - LIP > VIP\n    - VIP > LIP\n' > b.yaml && whatwhere connectome b.yaml
! whatwhere: b.yaml:6: wiring.add: VIP > LIP closes the cycle VIP > LIP > VIP; a cycle needs a pathway that descends
? 1

$ whatwhere connectome felleman
! whatwhere: unknown table or brain 'felleman'
? 2

$ whatwhere connectome felleman_vanesen_1991
! whatwhere: unknown table or brain 'felleman_vanesen_1991'; did you mean 'felleman_vanessen_1991'?
? 2

$ whatwhere connectome none.tsv
! whatwhere: none.tsv: no such file or directory
? 1

$ whatwhere connectome --set steps=2
! whatwhere: --set: a table has no parameters; name a brain
? 2

$ whatwhere connectome -o wiring.gif
! whatwhere: wiring.gif: a drawing ends with .pdf, .svg, .png or .dot
? 1

$ whatwhere connectome a b
! whatwhere: 'b' is one argument too many; wanted: TABLE or BRAIN
? 2
