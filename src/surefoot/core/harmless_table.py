"""The commands that are known to be harmless, as data: they neither send, nor change, nor start anything else.

A row is `PROGRAMS SUBCOMMANDS : TOKENS`.
`{a,b}` stands for one of several, `*` in a subcommand for any characters. Several rows of one program are tried by
their subcommands; the row without one holds the options that may come before them. The tokens:

    *            every option is harmless, but those that are denied
    -abc --all   options without a value; a star stands for any characters
    -o= --out=   options with a value; `-o=written` has the value judged, by a name of `surefoot.core.harmless`
    -c;          after this option and its value everything belongs to what is run
    !-x !--ex    denied, however it is abbreviated
    +-c +--list  one of these has to be there
    @lane        how the other arguments are judged, by a name of `surefoot.core.harmless`

What is left out asks. So leave out whatever can run a program, send something or open a connection.
"""

from __future__ import annotations

from typing import Final

_LOOKING = """
{ls,ll,dir,vdir,exa,eza,lsd,pwd,dirs,cat,head,tail,tac,nl,wc,cut,tr,paste,join,comm,column,fold,fmt,rev,seq} :
    *
{expand,unexpand,factor,expr,jq,gron,strings,od,hd,hexdump,stat,readlink,realpath,basename,dirname,which,whereis} :
    *
{type,whoami,id,groups,cal,uname,arch,nproc,uptime,free,df,du,ps,printenv,true,false,:,tput,clear,tty,locale} : *
{logname,cmp,diff,diff3,sdiff,colordiff,wdiff,base32,md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum} : *
{b2sum,cksum,sum,shasum,cloc,tokei,scc,pgrep,lsof,getent,ss,netstat,lscpu,lsblk,vmstat,fg,bg,disown,times} : *
{caller,shift,return,break,continue,exit,wait,sleep,set,shopt,getopts,umask,ulimit,read,help,size,nm} : *
{grep,egrep,fgrep,zgrep,ag,ack,objdump,readelf,c++filt,info,apropos,whatis,tldr,numfmt,tsort,look,dos2unix,stdbuf} :
    * !--pager !--plugin
{echo,printf,test,[,((,let,local,declare,typeset,readonly,export,unset} : * @evaluating
{mapfile,readarray} : * !-C !-c
history : -#
jobs : -lnprs
hash : -rlt @none
command : -vV
builtin : @none
env : * @none
cd : * @folder
{pushd,popd} : * @folder
date : -u -R -I* -d= -r= --date= --utc --iso-8601* --rfc-3339* --rfc-email --reference=
hostname : -fsiId @none
file : * !-C !--compile
bc : *
{base64,xxd} : *
{less,more,most} : -FRSXNqriIMmEeGnsw -# --no-init --quit-if-one-screen --RAW-CONTROL-CHARS @no-plus
bat : * !--pager !--diff
batcat : * !--pager
man : -kfwa --where --whatis --apropos
rg : * !--pre !--hostname-bin
{fd,fdfind} : * !-x !-X !--exec !--exec-batch
tree : * -o=written
find : *
sort : * -o=written --output=written -k= -t= -S= -T= !--compress-program
uniq : * -f= -s= -w= @written
shuf : * -o=written --output=written -n= -i=
{pdftotext,identify,ffprobe,exiftool,xmllint,csvcut,csvlook,csvstat,yq} : * !--shell @written
pstree : *
locate : *
{apt,apt-get,apt-cache,dpkg-query,apk,brew} {list,show,search,policy,depends,info,--version} : *
git : -p --no-pager --paginate --bare
git {add,am,annotate,blame,branch,cat-file,check-attr,check-ignore,check-mailmap,checkout,cherry,cherry-pick}
    : *
git {clean,commit,commit-tree,count-objects,describe,diff-files,diff-index,diff-tree,for-each-ref,fsck,gc,
    hash-object} : *
git apply : * !--unsafe-paths
git init : * !--template
git {ls-files,ls-tree,merge,merge-base,merge-file,merge-tree,mktree,mv,name-rev,notes,pack-refs,patch-id} : *
git {range-diff,read-tree,rebase,reflog,rerere,reset,restore,rev-list,rev-parse,revert,rm,shortlog,show-branch,
    show-ref} : *
git {sparse-checkout,stage,status,stripspace,switch,symbolic-ref,tag,update-index,var,version,--version,help,
    write-tree} : *
git {verify-commit,verify-tag,interpret-trailers,column,prune-packed,update-server-info} : *
git {diff,show,log,whatchanged,stash} : * --output=written !--ext-diff !--textconv
git format-patch : * -o=written --output-directory=written
git archive : * -o=written --output=written !--remote !--exec
git bundle {create,verify,list-heads} : *
git grep : * !-O !--open-files-in-pager
git {fetch,pull,clone,ls-remote} : * -c= --config= -o= -b= --branch= --depth= -j= --jobs= --shallow-since=
    !--upload-pack !--exec !-u !--template @addresses
git bisect : *
git maintenance run : *
git submodule {status,update,init,sync,summary,foreach,deinit,add} : * @addresses
git worktree {list,prune,remove,lock,unlock} : *
git worktree {add,move} : * @written
git remote {-v,show,get-url,update,prune} : *
git remote : -v
git lfs {pull,fetch,checkout,ls-files,status,install,track,untrack,env,version} : *
git config : --local --list -l -z --name-only --show-origin --show-scope --get= --get-all= --get-regexp= --unset=
    --type= @none
git config {user.*,pull.*,init.*,color.*,advice.*,merge.conflictstyle,core.autocrlf,core.filemode,core.quotepath} :
    --local --add --unset --get --type=
git config {commit.gpgsign,tag.gpgsign,rebase.autostash,rerere.*,fetch.prune,diff.renames,core.ignorecase} : --local
    --add --unset --get --type=
"""

_CHANGING = """
{touch,mkdir,rmdir,rm,unlink,mktemp,chmod,truncate,tee,cp,mv,ln,link,rename,mkfifo} : * -t=written
    --target-directory=written @places
install : * -t=written --target-directory=written !--strip-program @places
patch : * -o=written --output=written -d=lane --directory=lane !-e !--ed @places
split : * !--filter
csplit : * -f=written --prefix=written
dd : * @dd
iconv : * -o=written --output=written
rsync : * !-e !--rsh !--rsync-path !-M !--remote-option !--daemon @copied
{gzip,gunzip,zcat,bzip2,bunzip2,bzcat,xz,unxz,xzcat,zstd,zstdcat,lz4,brotli,compress,pigz} : *
{tar,bsdtar,gtar} : * -f= --file= -C=written --directory=written -X= -T= --exclude= --strip-components=
    --one-top-level=written !-I !-F !-P
    !--use-compress-program !--to-command !--checkpoint-action !--info-script !--new-volume-script !--rsh-command
    !--rmt-command !--absolute-names @not-remote
zip : * !-T !--test !-TT !--unzip-command
unzip : * -d=written
{7z,7za,unrar,ar,ranlib,strip,objcopy} : * !--plugin
{sed,gsed} : * -e= --expression= -f=lane --file=lane -l= @edited
{awk,mawk,nawk,gawk} : -F= -v= -f=lane -b -n -N --field-separator= --assign= --file=lane --posix --csv
    --re-interval -M
perl : -pinle0acwvE -i* -0* -F= -e; -E; -M{List::Util*,JSON::PP*,Data::Dumper,POSIX*,strict,warnings,Encode*} -v
    @script
kill : * @processes
trap : *
{xargs,nohup,time,timeout} : *
openssl {dgst,rand,version,x509,base64,sha256,md5} : * -out=written
{protoc,flatc,thrift} : * !--plugin
sponge : @written
envsubst : *
{pandoc,rst2html,convert,magick,dot,plantuml} : * !--filter !-F !--lua-filter !-L !--pdf-engine -o=written
    --output=written @written
tmux : -V +-V
{expect,vim,nvim} : --version +--version
"""

_PROJECT = """
{sh,bash,dash,zsh,ksh} : -euxvnlh -o= -O= +* --norc --noprofile --posix --version --login @script
{source,.} : @file
{python,python2,python3,pypy,pypy3} : -c; -m; -uBOqsSEIbvVdP -OO -bb -VV -X= -W= --version --help @script
py : -#* -c; -m; -V @script
{node,nodejs} inspect : @denied
{node,nodejs} : -e; -p; --eval; --print; -c -v --check --test --test-* --watch --watch-path= --max-old-space-size=
    --experimental-* --no-warnings --enable-source-maps --trace-* --env-file= --version --help --stack-trace-limit=
    --no-deprecation --unhandled-rejections= --max_old_space_size= @script
{ts-node,tsx,esno,vite-node} : --project= -P= -T --transpile-only --esm @file
ruby : -e; -cwvnplaS -W* -I= -i* --version --disable* --enable* @script
php : -r; -lvim -n --version --ini --modules -d{memory_limit,error_reporting,display_errors,xdebug.mode}* @script
{lua,luajit} : -e; -v @script
Rscript : -e; --vanilla --no-save --slave -q --version @script
julia : -e; -E; --project* -t= --threads= -O* --color= --startup-file= @script
{groovy,scala,kotlin,dart} : -cp= --version @script
dart {test,analyze,format,run,compile,fix,doc} : *
dart pub {get,upgrade,outdated,deps,add} : *
java : .-jar -cp= -classpath= --class-path= -D* .-ea -Xmx* -Xms* -Xss* -XX:+* -XX:-* -XX:Max* .-version --version
    --add-opens* --enable-preview @script
{javac,kotlinc,scalac,jar,javadoc,ghc,ocamlc,nim,crystal,elixirc,erlc} : * !-processor !-processorpath !-J* !-pgm*
    !-F
deno {test,fmt,lint,check,cache,compile,bench,doc,info} : * -c= --config= @lane
deno run : * -c= --config= @project-file
deno task : * @target
deno : --version +--version
{make,gmake} : -j=number -ksBnidqwWv -C=lane -l= -o= -O* -f=makefile --file=makefile --makefile=makefile
    --directory=lane --jobs* --keep-going
    --silent --dry-run --just-print --always-make --no-print-directory --output-sync* --question
    --warn-undefined-variables --quiet --trace --version --help @targets
{ninja,samu} : -C=lane -j=number -k= -l= -vnd --verbose --quiet --version @targets
cmake : -S=lane -B=lane -G= -D* -W* -U* -L* -N -A= -T= --build=lane -j=number --parallel=number --target=targets
    -t=targets --config= --preset* --workflow --fresh --clean-first -v --verbose --version --list-presets*
    --install=lane --prefix=written -Wno-dev @lane
{ctest,cpack} : -V -VV -j=number -R= -E= -L= -LE= -C= -Q -N -F --test-dir= --output-on-failure --parallel* --preset*
    --verbose --rerun-failed --timeout= --repeat* --version -G= --config=
meson {setup,compile,test,configure,introspect,dist,install,subprojects} : *
{gcc,g++,cc,c++,clang,clang++,gfortran,tcc,cpp,ld,as,lld,nasm,yasm,ccache,sccache} : * -o=written !-wrapper
    !-fplugin* !-B* !-specs* !--specs !-Xclang !-load !-Clinker* !-C !-fuse-ld=/* !-Wl,-plugin* @no-lists
rustc : * -o=written -C=codegen
{clang-format,clang-tidy,cppcheck,cpplint,doxygen,gcov,lcov,gcovr,bear} : * !--load
{bazel,bazelisk} {build,test,query,info,version,clean,fetch} : * !--run_under !--workspace_status_command
./configure : *
{pytest,py.test} : * -c=lane --rootdir=lane --confcutdir=lane -k= -m= -n= -p= -o=setting
    --override-ini=setting -W= --basetemp=written !--pastebin
    !--pdbcls !--trace @lane
tox : -e=targets -p= -r -q -v -l -a -c=lane --parallel* --recreate --notest --sdistonly --skip-missing-interpreters
    --result-json= -f= -m= @any
tox {run,run-parallel,list,config,devenv} : -e=targets -p= -r -q -v -m= -f=
nox : -s=targets -t=targets -k= -r -R -l -p= -e=targets --session=targets --sessions=targets --list --reuse-*
    --no-install --python= --tag= -v -x --stop-on-first-error --error-on-* @targets
coverage : * -o=written
{unittest,py_compile,compileall,json.tool,venv,virtualenv,tabnanny,ast,dis,sysconfig,site} : *
{build,calendar,platform,tokenize,zipfile,tarfile,this,pyclbr,textwrap,difflib,filecmp,uuid,keyword} : *
    !--index-url
doctest : * @lane
{cProfile,profile,trace} : -o=written -s= -m; --count --trace -t -c @script
{ruff,black,isort,flake8,mypy,dmypy,pyright,basedpyright,pylint,bandit,pyupgrade,autoflake,autopep8,yapf,
    docformatter} : * !--python-executable !--load-plugins !--init-hook !--shadow-file
{vulture,pydocstyle,pycodestyle,pyflakes,codespell,djlint,yamllint,sqlfluff,interrogate,radon,xenon,refurb,ty,zuban}
    : *
{pip-audit,pip-compile,pip-sync,safety,deptry,towncrier,bumpver,bump2version,bump-my-version,import-linter,
    lint-imports} : * !--index-url !-i !--extra-index-url !--trusted-host !--hook
{sphinx-build,sphinx-apidoc,pdoc,typedoc,jsdoc,2to3,cython,cythonize,mypyc,nbstripout,jupytext,papermill,pybabel} :
    *
mkdocs {build,serve} : *
mike : --version
jupyter {nbconvert,--version,kernelspec} : * !--post
alembic : -c=lane -n= -x=
alembic {revision,history,current,heads,check,branches,show,init,merge} : *
{django-admin,flask,quart} : --app= --debug -A= --settings=
{django-admin,flask,quart} {test,check,makemigrations,startproject,startapp,routes,run,runserver,showmigrations,
    makemessages} : *
{uvicorn,gunicorn,hypercorn} : --reload --port= -p= -w= --workers= --app-dir= -k= --bind=loopback -b=loopback
    --host=loopback --log-level= --factory
pre-commit {run,install,autoupdate,clean,gc,validate-config,install-hooks} : *
pre-commit : --version
twine check : *
{tsc,vue-tsc,svelte-check,jest,vitest,mocha,ava,nyc,c8,tap,tape,karma,playwright-core,webpack,rollup,vite,esbuild} :
    * !--globalSetup !--runner !--testRunner !--open
{parcel,next,nuxt,astro,ng,vue-cli-service,react-scripts,gatsby,remix,tailwindcss,postcss,sass,swc,babel,terser} : *
    !--plugins
{prettier,eslint,stylelint,biome,oxlint,standard,xo,tslint,markdownlint,markdownlint-cli2,commitlint,knip,depcheck}
    : * !--rulesdir !--plugin !--resolve-plugins-relative-to !--parser-path !--custom-syntax !--formatter !--parser
{rimraf,mkdirp,cpy,cpx,copyfiles,npm-check-updates,ncu,size-limit,madge,del-cli,shx,graphql-codegen,
    openapi-generator} : *
{playwright,cypress} {install,test,codegen,install-deps,show-report,run,verify} : *
{turbo,nx,lerna} : --filter= -p= --scope= --parallel* --all -t= --concurrency= --cache-dir= --version
{turbo,nx,lerna} {run,run-many,affected,build,test,lint,bootstrap,graph,format,format:check} : --filter= -p=
    --parallel* -t= --target= --targets= --all --scope= --stream --since= @targets
{shellcheck,shfmt,bats,hadolint,actionlint,markdown-link-check,lychee,vale,typos,taplo,dprint,treefmt,
    editorconfig-checker} : *
cargo : +* -q -v -vv --locked --offline --frozen --color= --manifest-path=lane
cargo {build,b,check,c,test,t,bench,clippy,fmt,doc,d,add,remove,rm,update,fetch,tree,clean,metadata,new,init,fix} :
    * !--config !-Z
cargo {nextest,audit,deny,expand,machete,outdated,udeps,llvm-cov,tarpaulin,hack,miri,vendor,version,locate-project}
    : * !--config !-Z
cargo {run,r,install,generate-lockfile,package,search,verify-project,--version,--list} : * !--config !-Z !--git
    !--index !--registry
rustup {show,update,target,component,toolchain,default,override,--version,doc} : *
rustfmt : *
go : -C=lane
go {build,test,vet,mod,get,fmt,list,version,doc,generate,install,clean,work,fix,tool,telemetry} : * !-exec
    !-toolexec !-vettool !-overlay -modfile=lane -ldflags=linker
go env : @any
go run : * !-exec !-toolexec @no-fetched
{gofmt,goimports,golangci-lint,staticcheck,gotestsum,gofumpt,mockgen,stringer,govulncheck,revive,wire,sqlc,buf} : *
{mvn,mvnw} : -B -q -e -X -U -o .-ntp .-fae .-ff .-fn .-am .-amd -D* -P= -P* -pl= -f=lane -T= -rf= --batch-mode
    --no-transfer-progress --quiet --version @targets
{gradle,gradlew} : -q -i -d -s -x= -P* -D* -p=lane --info --stacktrace --no-daemon --parallel --build-cache
    --continue --rerun-tasks --offline --tests= --console= --warning-mode* --scan --version --refresh-dependencies
    @targets
sbt : -D* .-batch -v @targets
dotnet {build,test,run,restore,clean,format,add,list,new,tool,sln,pack,publish,remove,--version,--info,--list-sdks}
    : * !--source !-s
{bundle,bundler} {install,check,list,show,update,outdated,add,lock,info,config,exec,clean,package,init} : *
{bundle,bundler} : --jobs= --path=
gem {install,list,search,env,build,fetch,outdated,--version,spec,contents} : * !--source !-s !--clear-sources
{rake,rails,spring} : -T -P -f=lane -j= -t --trace --tasks --version -n @targets
{rspec,rubocop,minitest,cucumber,standardrb,erblint,brakeman,sorbet,srb,steep,yard,reek,haml-lint,slim-lint} : *
    !--require
composer : -n -q -v -d= --no-interaction --ansi --working-dir=
composer {install,update,require,show,validate,dump-autoload,outdated,audit,test,remove,init,why,
    check-platform-reqs} : * !--repository !--repository-url
composer {run,run-script} : * @target
{phpunit,pest,phpstan,psalm,pint,php-cs-fixer,phpcs,phpcbf,rector,infection,paratest,codecept,deptrac} : *
    --bootstrap=lane
mix {test,deps.get,deps.compile,deps.update,compile,format,credo,dialyzer,phx.gen*,phx.server,hex.info,hex.outdated}
    : *
mix {local.hex,local.rebar,new,phx.routes,help,clean,deps.clean,docs,gettext.extract,sobelow} : *
swift {build,test,run,package,--version} : * !-Xlinker !--disable-sandbox
{stack,cabal} {build,test,bench,clean,install,update,run,haddock,repl,init,configure,new,setup,list-bin} : *
    !--with-compiler !-w
zig {build,test,fmt,build-exe,build-lib,run,version,init} : * @targets
{dune,opam,rebar3,gleam,elm,spago,lein,clojure,clj,shadow-cljs,scons,waf,xmake,premake5,conan,vcpkg,buck2,pants,
    mill} : --version
{dune,rebar3,gleam,elm,spago,lein,shadow-cljs,mill,pants} {build,test,compile,check,format,fmt,clean,deps,make,
    eunit,dialyzer} : *
flutter {test,build,analyze,clean,create,doctor,gen-l10n,--version} : *
flutter pub {get,upgrade,outdated,add} : *
xcodebuild : * @targets
{xvfb-run,act} : --version
surefoot {status,check,policy,list,report,show,log,audit,doctor,graph,diff,inbox,explain,version,--version,--help} :
    *
"""

_FETCHING = """
curl : -sSfLIivkgGJOjaN46#R --silent --show-error --fail --fail-with-body --fail-early --location --head --include
    --verbose --get --remote-name --remote-header-name --remote-name-all --compressed --globoff --no-buffer --ipv4
    --ipv6 --progress-bar --no-progress-meter --create-dirs --retry-all-errors --retry-connrefused --http1.1 --http2
    --tlsv1.2 --tlsv1.3 --parallel -Z --version --help --location-trusted --no-clobber --no-keepalive --path-as-is
    --insecure -o=written --output=written --output-dir=written -D=written --dump-header=written -c=written
    --cookie-jar=written -m= --max-time= --connect-timeout= --retry= --retry-delay= --retry-max-time= -w=
    --write-out= -C= --continue-at= -r= --range= --limit-rate= -A=addresses --user-agent=addresses -e=addresses
    --referer=addresses -z= --time-cond= -H=header --header=header -X=get --request=get --url=addresses
    --max-redirs= --max-filesize= --proto= --proto-default= --cacert= --capath= --resolve= --rate= --keepalive-time=
    -y= -Y= --etag-save=written --etag-compare= @addresses
wget : -qcNdSvbrlpkKEnHmxLh46 .-nc .-nv .-nd .-nH .-np --quiet --continue --no-verbose --timestamping --no-clobber
    --show-progress --spider --server-response --no-check-certificate --content-disposition --no-parent --mirror
    --recursive --page-requisites --convert-links --no-directories --no-host-directories --https-only --version
    --progress= -t= -O=written --output-document=written -P=written --directory-prefix=written -o=written
    --output-file=written -T= -w= --tries= --timeout= --wait= --level= -A= -R= --accept= --reject= -U=addresses
    --user-agent=addresses --retry-* --header=header --waitretry= --limit-rate= --cut-dirs= -i=lane --max-redirect=
    @addresses
{dig,host,nslookup,drill,ping,ping6,traceroute,tracepath,mtr,whois} : * @addresses
{pip,pip3} : -q -v --disable-pip-version-check --no-input --no-color --isolated --require-virtualenv --version
{pip,pip3} {install,download,wheel,list,freeze,show,check,uninstall,cache,index,hash,inspect,debug,help} : * -d=written
    --dest=written -w=written -r=lane -c=lane -e=lane --requirement=lane --constraint=lane --editable=lane
    --upgrade-strategy=
    --python-version= --platform= --only-binary= --no-binary= --cache-dir= --implementation= --abi= --format=
    --progress-bar= !-i !--index-url !--extra-index-url !--find-links !-f !--trusted-host !--proxy
    !--config-settings !--global-option !--install-option !--prefix !--root !--src -t=written --target=written
    @addresses
uv : -q -v --directory= --project= --offline --no-progress --native-tls --no-config --version --no-cache -n --color=
    --cache-dir=
uv {sync,lock,add,remove,venv,tree,build,export,version,init,cache,run,format,help,self} : * !--index !--index-url
    !--default-index !--extra-index-url !--find-links !-f !--publish-url !--allow-insecure-host !-i
uv pip {install,sync,compile,list,freeze,show,check,tree,uninstall} : * !--index !--index-url !--default-index
    !--extra-index-url !--find-links !-f !--allow-insecure-host !-i !--target !--prefix
uv python {install,list,find,pin,dir} : *
uv tool {install,list,run,upgrade,dir} : * !--index !--index-url !--default-index !--extra-index-url !-i
uvx : --version
{poetry,pipenv,pdm,rye,hatch,pixi,flit} : -n -q -v -C= -P= --no-interaction --ansi --directory= --project= --version
    -e= --env=
{poetry,pipenv,pdm,rye,hatch,pixi,flit} {install,sync,add,remove,lock,update,upgrade,outdated,list,show,check,build,
    init} : * !--index !-i !--pypi-mirror !--extra-index-url !--source
{poetry,pipenv,pdm,rye,hatch,pixi,flit} {version,env,export,info,test,fmt,format,lint,graph,verify,requirements,new,
    search,use} : * !--index !-i !--pypi-mirror !--extra-index-url
poetry self show : *
pipx {install,list,upgrade,upgrade-all,inject,runpip,environment} : * !--index-url !-i !--pip-args
{conda,mamba,micromamba} {install,create,list,info,activate,deactivate,search,update,clean} : * -c=not-remote
    --channel=not-remote
{conda,mamba,micromamba} env {create,list,update,export} : *
npm : -s -q -d -C=lane -w= .-ws --silent --quiet --prefix=lane --workspace= --workspaces --loglevel=
    --include-workspace-root --yes -y --if-present --version --json --no-color --no-progress --no-fund --no-audit
    !--script-shell !--registry !--node-options !--userconfig !--globalconfig !--shell
npm {install,i,ci,add,update,up,upgrade,uninstall,rm,remove,un,dedupe,prune,rebuild,fund} : * @addresses
npm init : * @none
npm {ls,list,outdated,audit,view,info,show,explain,search,pack,version,root,prefix,bin,doctor,help,ping,query,sbom,
    exec,x} : *
npm pkg {get,fix} : *
npm config {list,get,ls} : *
npm cache {clean,verify,ls} : *
npm {test,t,tst,start,stop,restart,install-test,it} : *
npm {run,run-script} : * @target
npx : --version
yarn : * -s --silent --cwd=lane --immutable --frozen-lockfile --version -v --offline --non-interactive --prod* --json
    --inline-builds --network-timeout= --ignore-engines --ignore-scripts !--registry !--script-shell !--use-yarnrc
    @target
yarn {install,add,remove,up,upgrade,dedupe,info,why,list,outdated,audit,pack,test,init,import,constraints,exec,dlx,
    bin} : * !--registry !--script-shell @addresses
yarn {workspaces,workspace} : * @targets
yarn run : * @target
pnpm : * -r -s -w -C=lane -F= --filter= --dir=lane --recursive --silent --workspace-root --version --stream --parallel
    --if-present --workspace-concurrency= --aggregate-output --reporter= !--registry !--script-shell !--shell-mode
    @target
pnpm {install,i,add,remove,rm,update,up,dedupe,prune,rebuild,fetch,import,list,ls,outdated,why,audit,pack,store} : *
    !--registry !--script-shell @addresses
pnpm {test,t,start,exec,dlx,init,env,root,bin,licenses,patch,deploy-check} : * !--script-shell !-c !--shell-mode
pnpm run : * @target
bun : * --version -v --cwd=lane --silent --bun --watch --hot @target
bun {install,i,add,remove,update,test,build,outdated,pm,init,link} : * !--registry !--preload !-r @addresses
bun run : * !--preload !-r @target
corepack {enable,disable,prepare,use,install} : *
{nvm,fnm,volta,pyenv,rbenv,asdf,mise,nodenv,jenv,sdk} {use,install,ls,list,current,local,versions,version,which,
    where,env,init} : *
{docker,podman,nerdctl} : -v --version !-H !--host !--context !-c
{docker,podman,nerdctl} {build,images,ps,logs,inspect,version,info,pull,history,port,top,stats,diff,search,wait,tag}
    : * -t= -f= --build-arg=addresses --target= --platform= !--push !--ssh !--secret !--output !-o !--allow
    !--entitlement @local
{docker,podman,nerdctl} run : -i -t -it -ti --rm --init -e= --env= --env-file=lane -w= --workdir= --name=
    --platform= -p= --publish= -v=mount --volume=mount --user= -u= --entrypoint=program --pull= --cpus= -m=
    --memory= --read-only --network=network @inner
{docker,podman,nerdctl} exec : -i -t -it -ti -e= --env= -w= --workdir= -u= --user= @inner
{docker,podman,nerdctl} {image,container,volume,network,system,buildx} {ls,list,inspect,df,info,version,build} : *
    !--push !--ssh !--secret !--output !-o !--allow
{docker,podman,nerdctl} compose : -f=lane --file=lane -p= --project-name= --profile= --env-file=lane
    --project-directory=lane --progress= --ansi=
{docker,podman,nerdctl} compose {build,config,ps,logs,pull,up,start,stop,down,images,top,ls,version,restart,wait,
    create} : * !--push !--ssh
{docker,podman,nerdctl} compose {run,exec} : --rm -T -i -t -it -e= --env= -w= --workdir= -u= --user= --no-deps
    --build --name= @inner
docker-compose : -f=lane --file=lane -p= --project-name= --profile= --env-file=lane
docker-compose {build,config,ps,logs,pull,up,start,stop,down,images,top,version,restart,create} : * !--push !--ssh
docker-compose {run,exec} : --rm -T -e= --env= -w= --workdir= -u= --user= --no-deps --build --name= @inner
{kubectl,oc} : -n= --namespace= --context= -A --all-namespaces
{kubectl,oc} {get,describe,logs,explain,version,api-resources,cluster-info,top,events,api-versions} : -o= --output=
    -l= --selector= -w --watch -f --follow --tail= --since= -c= --container= -p --previous --field-selector=
    --show-labels --client --sort-by= --no-headers --all-containers @no-secrets
{kubectl,oc} config {current-context,get-contexts,get-clusters} :
{terraform,tofu} : -chdir=lane .-version
{terraform,tofu} {init,validate,fmt,plan,version,providers,graph,--version} : *
terragrunt {plan,validate,hclfmt} : *
{tflint,tfsec,checkov,trivy,kubeconform,kubeval,kube-linter,conftest,cfn-lint,helm-docs,terraform-docs,grype,syft} :
    *
helm : -n= --namespace= --kube-context=
helm {template,lint,list,ls,status,show,search,dependency,version,package,dep} : * !--post-renderer @no-secrets
helm repo {list,update} : *
kustomize {build,version} : * !--enable-exec !--enable-alpha-plugins !--enable-helm
aws : --region= --profile= --output= --query= --no-cli-pager --no-paginate --max-items=
aws s3 ls : --recursive --human-readable --summarize
aws sts get-caller-identity :
aws {ec2,ecs,eks,rds,lambda,s3api,ecr,cloudformation,logs,route53,elbv2,autoscaling,dynamodb,sns,sqs} {describe-*,
    list-*} : * !--endpoint-url !--cli-input-json !--cli-input-yaml !--ca-bundle
gcloud {projects,config,auth} list : *
az account {show,list} : *
gh : -R= --repo=
gh {pr,issue,run,release,repo,workflow,label,cache,gist,project,ruleset} {view,list,ls,diff,checks,status,watch,
    download} : * -O=written -D=written --output=written --dir=written
gh {pr,repo} {checkout,clone} : *
gh search {repos,issues,prs,code,commits} : * @addresses
gh status : *
gh auth status : *
gh {--version,version,help} :
gh api : -q= --jq= -t= --template= --paginate --slurp --cache= -i --include --verbose -H=header --header=header -p=
    @api
glab : -R= --repo=
glab {mr,issue,ci,release,repo,pipeline} {view,list,diff,status,trace,checkout,clone,lint} : *
psql : -h= -U= -d= -p= -tAqXxEwW -c=sql -l -V -v= -P= -F= --host= --username= --dbname= --port= --command=sql --list
    --csv --tuples-only --no-align --quiet --no-psqlrc --version +-c +--command +-l +--list +--version +-V
{mysql,mariadb} : -h= -u= -p* -P= -D= -e=sql -NBs -t --host= --user= --password* --port= --database= --execute=sql
    --batch --skip-column-names --silent --table --protocol= --version +-e +--execute +--version
{sqlite3,duckdb} : .-header .-json .-csv .-readonly .-column .-line .-list .-markdown .-box .-batch .-noheader
    -separator= @statements
{pg_isready,mysqladmin} : -h= -p= -U= -d= -t= -q --host= --port= --dbname= --username= --timeout= --quiet @none
redis-cli : -h= -p= -n= @redis
systemctl {status,is-active,is-enabled,is-failed,list-units,list-timers,cat,show} : --no-pager --user --all -l
    --full -n= -p= --type=
journalctl : -u= -n= -f -e -x -b --no-pager --since= --until= -o= -p= --user --unit= --lines= --follow -k
"""

HARMLESS_COMMANDS: Final = _LOOKING + _CHANGING + _PROJECT + _FETCHING

HARMLESS_TARGETS: Final = frozenset(
    """
    all build rebuild test tests testing check checks lint lints linter format fmt fix style clean distclean
    mrproper install setup bootstrap init prepare deps dependencies dependency vendor venv env dev develop devel
    debug start serve server run watch preview storybook docs doc html man coverage cov typecheck types type mypy
    ruff flake pytest unit integration e2e smoke spec specs bench benchmark benchmarks perf fuzz ci verify validate
    compile assemble package pkg dist bundle generate gen codegen proto protos schema tidy update upgrade lock
    outdated audit security licenses license help list version info print show tags ctags debug asan ubsan wheel
    sdist bin lib static shared image images container compile jar war site assets css js ts tsc eslint prettier
    jest vitest mocha playwright cypress cargo go python py node web api app client frontend backend core packages
    workspace workspaces foreach analyze analysis static stylecheck checkstyle spotless detekt ktlint reformat
    makemigrations messages i18n translations fixtures snapshot snapshots tasks properties projects routes stats
    about notes time dependencytree tree effective resolve offline""".split()  # noqa: SIM905 - reads best as words
)
"""Words by which targets of make, scripts of npm and their like are known: one of them has to be there."""

REACHING_WORDS: Final = frozenset(
    """
    deploy deploys deployment deployer publish publisher release releases releaser push pusher upload uploader ship
    rollout rollback promote provision notify notification send sender mail email mailer migrate migration
    migrations destroy teardown drop wipe purge terminate announce tweet pay payment payments charge invoice refund
    live golive sync replicate apply submit dispatch broadcast webhook exfil backdoor""".split()  # noqa: SIM905
)
"""Words in the name of a target or script by which it may reach others, whatever else the name says."""

NAMES_OF_SECRETS: Final = (
    "TOKEN",
    "SECRET",
    "PASSW",
    "PWD_",
    "CREDENTIAL",
    "API_?KEY",
    "ACCESS_?KEY",
    "PRIVATE",
    "_KEY",
)
"""What names of variables that hold secrets have in them."""

NAMING_PROGRAMS: Final = (
    r"(?:\w*_)?(?:SHELL|EDITOR|VISUAL|PAGER|BROWSER|CC|CXX|CPP|LD|AR|AS|FC|LINKER|RUSTC|RUSTDOC|COMMAND|CMD|RUNNER|"
    r"WRAPPER|PROGRAM|EXEC|HOOK|ASKPASS|SSH|RSH|VIEWER|LAUNCHER|PROG|BREAKPOINT|DIFF|MAKE)|FCEDIT|LESSOPEN|LESSCLOSE|"
    r"PYTHONBREAKPOINT|\w+PAGER|HGEDITOR|CVS_RSH|\.SHELLFLAGS|MAKE"
)
"""Names of variables whose value programs run."""

CHOOSING_SOURCES: Final = (
    r"(?i:(?:https?|all|ftp|socks)_proxy)|PIP_(?:\w*INDEX\w*|FIND_LINKS|CONFIG_FILE|PROXY|TRUSTED_HOST|TARGET|PREFIX)|"
    r"UV_\w*INDEX\w*|UV_(?:CONFIG_FILE|PUBLISH\w*|INSECURE_HOST)|(?i:npm_config_(?!loglevel|fund|audit|progress|cache)\w+)|"
    r"GOPROXY|GONOSUMDB|GONOSUMCHECK|GOINSECURE|CARGO_REGISTR\w+|CARGO_HOME|CARGO_TARGET_\w+|DOCKER_HOST|KUBECONFIG|"
    r"AWS_(?:ENDPOINT|CONFIG|SHARED)\w*|GIT_(?!AUTHOR|COMMITTER|TERMINAL_PROMPT|PAGER|EDITOR|SEQUENCE_EDITOR|SSH|MERGE|"
    r"LFS|TRACE|ASKPASS|OPTIONAL|DEPTH|CLONE_FLAGS|SHA|COMMIT|BRANCH|TAG|REV|DIFF|PS1)\w+|GIT_DIR|HOME|XDG_CONFIG_HOME|"
    r"ZDOTDIR|LESSKEY\w*|SSLKEYLOGFILE|ENV|BASH_ENV|MAKEFILES|HGRCPATH|PSQLRC|INPUTRC|RIPGREP_CONFIG_PATH|CURL_HOME|WGETRC|NETRC|GNUPGHOME|"
    r"FZF_DEFAULT_\w+|GREP_OPTIONS|LD_\w+|DYLD_\w+|IFS|PROMPT_COMMAND|PS[0-4]|PYTHONHOME|PYTHONUSERBASE|PYTHONSTARTUP|"
    r"PYTEST_PLUGINS|GCC_EXEC_PREFIX|COMPILER_PATH|SSL_CERT_\w+|NODE_TLS\w+|NODE_EXTRA_CA_CERTS|NODE_REPL_EXTERNAL_MODULE|"
    r"TERMINFO|LOCPATH|GCONV_PATH|HOSTALIASES|RES_OPTIONS|JAVA_HOME|RUBYOPT|PERL5OPT|PERL5DB|\.SHELLFLAGS|AUTOLOAD"
)
"""Names of variables that change where programs look or connect, or what they load first."""

CODE_PATHS: Final = (
    "PATH|PYTHONPATH|NODE_PATH|PERL5LIB|PERLLIB|RUBYLIB|CLASSPATH|GOPATH|GOROOT|GOBIN|LUA_PATH|LUA_CPATH"
)
"""Names of variables that list folders of code."""

OPTIONS_OF: Final = {
    **dict.fromkeys(("MAKEFLAGS", "GNUMAKEFLAGS", "MFLAGS"), "make"),
    **dict.fromkeys(("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "MAVEN_OPTS", "GRADLE_OPTS"), "java"),
    **dict.fromkeys(("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"), "gcc"),
    "NODE_OPTIONS": "node",
    "PYTEST_ADDOPTS": "pytest",
    "TAR_OPTIONS": "tar",
    "GOFLAGS": "go build",
    "RUSTFLAGS": "rustc",
    "LESS": "less",
    "MANOPT": "man",
}
"""Variables that hold options of a program."""

TOOL_FOLDERS: Final = (
    *(".venv/bin", "venv/bin", "env/bin", "node_modules/.bin", "vendor/bin", ".local/bin", ".cargo/bin", "go/bin"),
    *(".tox/py/bin", ".bun/bin", ".deno/bin", "target/release", "target/debug"),
)
"""Folders in which a project's environment keeps programs under their own names."""

CARRYING: Final = frozenset(
    {"curl", "wget", "dig", "host", "nslookup", "drill", "ping", "ping6", "traceroute", "whois"}
)
"""Programs that ask for whatever address, or name, they are given."""

STRANGE_DUTIES: Final = frozenset({"shell", "shell_plus", "dbshell", "sendtestemail", "loaddata", "createsuperuser"})
"""Commands of Django's `manage.py` that run code, send, or change a database."""

SQL_FUNCTIONS: Final = frozenset(
    """
    count sum avg min max coalesce nullif lower upper length trim round abs now current_date version date date_trunc
    extract to_char cast substring substr concat distinct in exists and or not on as from where values over
    row_number rank json_agg array_agg string_agg any all using varchar numeric strftime datetime julianday ifnull
    iif group_concat pg_size_pretty pg_total_relation_size pg_relation_size current_setting""".split()  # noqa: SIM905
)
"""What may be called in a statement that only reads."""
