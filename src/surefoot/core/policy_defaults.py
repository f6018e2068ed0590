"""The rules that ship: what never happens, what asks, what is harmless.

Of several matching rules the first decides. They know commands by name, so they are a net below the sandbox and the
declared effects, never a replacement of either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from surefoot.core.policy_types import Rule, Tier

HARMLESS: Final = "harmless"
"""The name of the rule for commands that only look."""
HARMLESS_REASON: Final = "It only looks."

_SYSTEM = (
    *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "opt", "private", "proc", "root", "run", "sbin"),
    *("srv", "sys", "usr", "var", "Applications", "Library", "System", "Users"),
)
_DEVICES = ("sd*", "hd*", "vd*", "xvd*", "nvme*", "mmcblk*", "disk*", "rdisk*", "mapper/*", "dm-*", "mem", "kmem")
_KEPT_APART = """
*.ssh/id_* *.ssh/[*] *.aws/credentials* *.netrc *.git-credentials* *.gnupg/* *.pypirc ~/.npmrc $HOME/.npmrc
*.docker/config.json* *.kube/config* *.config/gcloud/* *.config/gh/hosts* *.config/hub *.azure/* *.vault-token
*.cargo/credentials* *.terraform.d/credentials* *.password-store/* *.mozilla/firefox* *google-chrome* /etc/shadow*
/proc/*/environ*
"""

_NAMED: Mapping[str, tuple[str, ...]] = {
    "top": (
        "{/,//,/.,/..,/[*],/.[*],~,~/,~/.,~/[*],$HOME,$HOME/,$HOME/.,$HOME/[*]}",
        *(f"/{{{','.join(_SYSTEM)}}}{end}" for end in ("", "/", "/[*]")),
    ),
    "outside": (f"/{{{','.join(_SYSTEM)}}}/*", "~/?*", "~[a-z]*", "$HOME/?*", "..", "../*", "*/../..*"),
    "disk": (f"/dev/{{{','.join(_DEVICES)}}}",),
    "secret": tuple(re.split(r"\s+", _KEPT_APART.strip())),
    "sender": (
        "{curl,wget,scp,rsync,sftp,nc,ncat,netcat,socat,ftp,lftp,http,https,xh,mail,mailx,sendmail,mutt,telnet,rclone}",
    ),
    "shell": ("{sh,bash,dash,zsh,ksh,ash,fish}",),
    "python": ("{python,python2,python3,python3.*}",),
    "container": ("{docker,podman,nerdctl}",),
    "database": (
        "{psql,mysql,mariadb,mongosh,mongo,sqlcmd,sqlite3,clickhouse-client,clickhouse,cockroach,duckdb,usql,pgcli,mycli}",
        "{cqlsh,sqlplus,snowsql,trino,presto,beeline,bq,isql,osql,impala-shell,cypher-shell,surreal}",
    ),
    "migrator": ("{flyway,liquibase,goose,dbmate,migrate,sqitch,atlas,diesel,sqlx,yoyo}",),
    "sql": tuple(
        f"*{''.join(f'[{letter.lower()}{letter}]' for letter in word)}?*"
        for word in ("DROP", "DELETE", "TRUNCATE", "UPDATE", "INSERT", "ALTER", "GRANT", "REVOKE")
    ),
    "cloud": ("{aws,gcloud,az,doctl,linode-cli,hcloud,oci,ibmcloud,aliyun,scw,exo,vultr-cli}",),
    "change": (
        "{create*,delete*,remove*,put*,update*,terminate*,stop*,start*,reboot*,run*,attach*,detach*,modify*,revoke*}",
        "{authorize*,send*,publish*,invoke*,deploy*,apply*,set*,add*,reset*,restore*,register*,deregister*,enable*}",
        "{associate*,disassociate*,disable*,purge*,import*,rm,rb,mb,cp,mv,sync,ssh,scp,up,down,destroy*,login}",
    ),
}
"""What `<name>` in a pattern stands for: each of these in turn."""

# A rule's name and its reason, and below them the commands it is about, a pattern a line.
_NEVER = r"""
destroys-the-machine: It destroys what no restore brings back: a system, a disk, or all of somebody's files.
    rm * <top> *
    find * <top> * -delete *
    {chmod,chown,chgrp,setfacl} * {-R,--recursive,-?R,-R?} * <top> *
    mv * <top> *
    {mkfs*,mke2fs,mkswap,wipefs,blkdiscard,sfdisk,shred} * /dev/*
    mkfs* *
    dd * of=<disk> *
    {cp,tee,cat,mv,install,truncate} * <disk> *
    cryptsetup * {luksFormat,erase,luksErase} *
    diskutil * {erase*,partitionDisk,zeroDisk,secureErase} *
    :(){?:|:&?};:
    {tee,cp,mv,install,truncate,sed} * /etc/{passwd,shadow,sudoers,group,gshadow} *
    {shutdown,poweroff,halt,reboot} *
    systemctl * {poweroff,reboot,halt,kexec,rescue,emergency} *
    init {0,6}
    kill * -1
answers-for-a-person: Steps and agents never answer what was put to a person, nor speak to agents as one.
    surefoot * {approve,answer,reject,edit,take-over,tell} *
    surefoot * {--yes,--allow,--allow=*} *
changes-the-journal: Nothing but Surefoot writes the record of what was done.
    * {~,$HOME,/root,/home/?*,/Users/?*}/.local/state/surefoot{,/*} *
    * {$SUREFOOT_HOME,$SUREFOOT_HOME/*} *
sends-secrets: It hands a place where secrets are kept to a program that sends things elsewhere.
    <sender> * <secret> *
    <sender> * *@<secret> *
    <sender> * *=<secret> *
"""

_CONFIRM = r"""
reads-secrets: It names a place where secrets are kept.
    * <secret> *
git-push: It changes what others see of the repository.
    git {push,send-pack,p4} *
    git svn dcommit *
    git lfs push *
    git subtree push *
unrestorable: It deletes what git ignores: no checkpoint holds that, and no restore brings it back.
    git clean * {-[xX]*,-[!-]*[xX]*} *
    git stash * {-a*,-[!-]*a*,--all} *
    {rm,unlink,shred,mv} * git-ignored/* *
    {rm,unlink,shred,mv} * *$(git?*ls-files*-*i* *
rewrites-history: It throws away commits, or work that no commit holds.
    git {filter-branch,filter-repo,fast-import,update-ref,replace,prune} *
    git-filter-repo *
    bfg *
    git reflog {expire,delete} *
    git gc * --prune=now *
    git clean * <outside> *
    git clean * {/,~,~/} *
    git clean -{*f*f*} *
    rm * {.git,.git/,.git/*,./.git,./.git/*,*/.git} *
    mv * {.git,.git/,.git/*,./.git} *
    find * {.git,.git/,.git/*} * -delete *
configures-git: It changes git for more than this repository, or tells git to run a program.
    git config * {--global,--system,--file,-f,--file=*} *
    git config * {alias.*,core.hooksPath,core.sshCommand,core.pager,core.editor,core.fsmonitor} ?* *
    git config * {credential.*,filter.*,url.*,diff.external,diff.*.command,merge.*.driver,gpg.*,*.program} ?* *
    git config * {protocol.*,include.*,includeIf.*,http.*,remote.*} ?* *
    git credential* *
    git remote {add,set-url,rename,remove,rm} *
publishes: It publishes: others can have taken it before it is withdrawn.
    twine * upload *
    {flit,poetry,hatch,pdm,uv,maturin,rye} * {publish,upload} *
    <python> * setup.py * {upload,register} *
    {npm,pnpm,bun,yarn,lerna,ovsx,vsce} * {publish,unpublish,deprecate,dist-tag,owner,access,token,login,adduser} *
    {semantic-release,release-it,np,surge,gh-pages,goreleaser,cpan-upload} *
    {changeset,changesets} publish *
    cargo * {publish,yank,owner,login} *
    gem * {push,yank,owner,signin} *
    {docker,podman,nerdctl,buildah,skopeo,crane,oras,helm} * {push,login,logout,copy,delete} *
    <container> * build* * {--push,--output=type=registry*,type=registry*} *
    {mvn,mvnw} * {deploy,deploy:*,release:*} *
    {gradle,gradlew} * {publish*,upload*} *
    dotnet * nuget * {push,delete} *
    nuget {push,delete} *
    {dart,flutter} * pub * publish *
    mix hex.publish *
    pod trunk *
    {conda,anaconda} * upload *
    {huggingface-cli,hf} * upload* *
    mkdocs * gh-deploy *
    mike * deploy *
changes-a-forge: It changes what others see at the place where the project is hosted.
    gh {auth,secret,ssh-key,gpg-key,variable,codespace} *
    gh * {create,edit,delete,merge,close,reopen,comment,review,enable,disable,upload,archive,rename} *
    gh workflow * run *
    gh * {transfer,lock,unlock,pin,unpin,fork,sync,ready,cancel,rerun,set,remove,deploy-key,update-branch} *
    gh api * {-X*,--method*,-f*,-F*,--field*,--raw-field*,--input*,graphql} *
    glab * {create,update,delete,merge,close,reopen,note,approve,run,retry,cancel,upload} *
    hub * {release,pull-request,push,merge,create,delete,fork} *
deploys: It changes machines or services that others use.
    {kubectl,oc} * {apply,delete,create,replace,patch,edit,scale,rollout,set,drain,cordon,uncordon,taint,label} *
    {kubectl,oc} * {annotate,expose,run,exec,cp,autoscale,debug,attach,certificate,port-forward} *
    {terraform,tofu,terragrunt} * {apply,destroy,import,taint,untaint,force-unlock,state,run-all} *
    pulumi * {up,update,destroy,cancel,import,state,refresh,stack} *
    cdk * {deploy,destroy,bootstrap} *
    helm * {install,upgrade,uninstall,delete,rollback} *
    helmfile * {apply,sync,destroy,delete} *
    {ansible,ansible-playbook,ansible-pull,salt,salt-call,salt-ssh,puppet,chef-client,knife,fab,cap,mina,bolt} *
    <cloud> * <change> *
    {gsutil,s3cmd,s5cmd,mc,rclone,azcopy} * {cp,mv,rm,mb,rsync,sync,put,del,copy,move,delete,purge,mirror} *
    {vercel,netlify,now,wrangler,heroku,flyctl,fly,railway,firebase,eb,sls,serverless,amplify} *
    {nomad,consul,vault,waypoint,argocd,flux,skaffold,istioctl,etcdctl,eksctl,kops,kamal,dokku,pm2} *
    <container> {swarm,stack,service,context,secret,node} *
    {sam,copilot} * {deploy,delete,sync} *
other-hosts: It runs something on another machine, or sends files there.
    {ssh,sshpass,mosh,scp,sftp,telnet,rsh,rlogin,rcp,pssh,autossh,ssh-copy-id,lftp,ftp,tftp} *
    rsync * {?*:*,rsync:*} *
    {nc,ncat,netcat,socat,ngrok,cloudflared,localtunnel,tailscale,wormhole,croc} *
    * {/dev/tcp/*,/dev/udp/*} *
sends-data: It sends data, or changes something on a server.
    curl * {-d*,--data*,-F*,--form*,-T*,--upload-file*,--json*,--mail-*,--ftp-*,-K*,--config*,-Q*,--quote*} *
    curl * -[!-]*{d,F,T,K} *
    curl * {-X,--request} {[!Gg]*,G,g} *
    curl * {-X[!G]*,--request=[!G]*,-[!-]*X} *
    wget * {--post-*,--method*,--body-*,--execute*,-e} *
    {http,https,xh,xhs} * {POST,PUT,DELETE,PATCH,?*=*,?*@?*} *
    {grpcurl,websocat,mosquitto_pub,kcat,slack,telegram-send,wall} *
    {rabbitmqadmin,amqp-publish,kafka-console-producer*,kafkactl,nats,pulsar-client,mqttx,stomp} *
    {mail,mailx,sendmail,mutt,neomutt,msmtp,swaks,s-nail,ssmtp,exim,postfix,himalaya,mpack} *
    git send-email *
    {hg,sl,bzr,brz,darcs,fossil,pijul,jj,got} * {push,sync,send} *
    {svn,cvs,p4} * {commit,ci,submit,import} *
    {stripe,paypal,square,twilio} * {create,update,delete,capture,refund,*:create,*:send} *
    {cf,render,scalingo,supabase,upsun,platform,clever,koyeb} * {push,deploy*,create*,delete*,restart*,scale*} *
    influx * {delete,write} *
databases: It changes a database: no restore of the workspace undoes that.
    <database> * <sql> *
    {psql,mysql,mariadb,mongosh,sqlcmd} * {-f*,--file*} *
    {dropdb,createdb,dropuser,createuser,pg_restore,pg_resetwal,mysqladmin,mongorestore,redis-cli,reindexdb} *
    {alembic,aerich} * {upgrade,downgrade,stamp} *
    flask * db * {upgrade,downgrade,stamp} *
    <python> * manage.py {migrate,flush,loaddata,dbshell,reset_db} *
    {manage.py,django-admin} {migrate,flush,loaddata,dbshell,reset_db} *
    {rails,rake} * db:* *
    prisma * {migrate,db} {deploy,reset,push,execute,resolve,seed} *
    {sequelize,sequelize-cli,typeorm,knex,drizzle-kit,mikro-orm} * {db:*,migration:*,migrate:*,push,schema:*} *
    <migrator> * {migrate,update,up,down,apply,clean,rollback,drop*,reset,deploy,run} *
    {php,artisan} * {migrate,migrate:*,db:*} *
    mix ecto.* *
system-packages: It changes the programs of the whole machine.
    {apt,apt-get,aptitude,nala,dnf,yum,microdnf,zypper} * {install,remove,purge,upgrade,autoremove,*-upgrade} *
    {apk,pkg,port,brew,snap,flatpak,winget,choco} * {add,del,install,uninstall,remove,upgrade,tap,refresh} *
    pacman * -{S*,R*,U*} *
    {yay,paru,emerge,dpkg,dpkg-reconfigure,rpm,nix-env,update-alternatives,apt-key,add-apt-repository} *
    {pip,pip3} * install * {--user,--break-system-packages,--target=/*,--prefix=/*} *
    {npm,pnpm} * {-g,--global,--location=global} *
    yarn global *
services: It changes what runs on the machine, now or later.
    systemctl * {start,stop,restart,reload*,enable,disable,mask,unmask,kill,edit,set-*,isolate,daemon-*,link} *
    {service,rc-service,rc-update,update-rc.d,chkconfig,launchctl,initctl,sv,supervisorctl,monit,sysctl} *
    {crontab,at,batch,atrm,anacron,systemd-run,loginctl,hostnamectl,timedatectl,localectl} *
    {mount,umount,swapon,swapoff,losetup,modprobe,insmod,rmmod,fdisk,parted,lvremove,vgremove,mdadm,zfs,zpool} *
    {iptables,ip6tables,nft,ufw,firewall-cmd,ip,ifconfig,route,nmcli,tc,ebtables,setenforce,semanage} *
    {useradd,userdel,usermod,adduser,deluser,groupadd,groupdel,passwd,chpasswd,visudo,vipw,gpasswd,chsh} *
    {xdg-open,open,osascript,xdotool,defaults,security,pmset,nvram,dscl} *
containers: It changes containers, images or volumes of the machine, or opens the machine to one.
    <container> * {kill,stop,rm,rmi,prune,restart,pause,import,commit} *
    <container> * compose * down * {-v,--volumes,--rmi*} *
    docker-compose * down * {-v,--volumes,--rmi*} *
    <container> * run * {--privileged,--pid=host,--net=host,--network=host,--userns=host,--cap-add*} *
    <container> * run * {-v,--volume,--mount} {/:*,/etc*,/home*,/root*,/var*,/usr*,~*,$HOME*,*source=/*,*src=/*} *
    <container> * run * {-v/*,-v~*,--volume=/*,--mount=*src=/*,--mount=*source=/*} *
other-people: It acts with the rights of somebody else.
    {sudo,doas,su,pkexec,runuser,gosu,su-exec,sudoedit,chroot,nsenter,setpriv,unshare,machinectl,runas} *
ends-programs: It ends programs that may not be the step's own.
    {pkill,killall,xkill,skill,killall5} *
    fuser * -*k* *
outside-files: It changes files outside the workspace, or more of them than it names.
    {rm,rmdir,mv,shred,truncate,unlink,chmod,chattr,touch,mkdir,tee,patch} * <outside> *
    rm * /[{*?[]* *
    {cp,rsync,install,ln,mv} * ?* <outside> ;
    sed * {-*i*,--in-place*} * <outside> *
    find * <outside> * -delete *
    find / * -delete *
    rm * {-*r*,-*R*,--recursive} * {[*],.,./,./[*],.[*],./.[*],$*} *
    dd * of=<outside> *
    dd * of=/* *
    {tar,unzip} * {-C,--directory,-d} {/*,~*,$HOME*} *
    tar * -*P* *
    {chown,chgrp} *
    chmod * {[ugo]+s,u+s,g+s,+s,4???,2???,6???} *
    chmod * 777 *
unseen-program: It fetches a program from elsewhere and runs it, or opens a way to it.
    {pip,pip3,pipx} * install * {git+*,http:*,https:*} *
    uv * install * {git+*,http:*,https:*} *
    {npm,pnpm,yarn} * {add,install,i} * {http*,git+*} *
    {gdb,strace,ltrace} * {-p*,--pid*} *
"""

_LOOKING = """
< *
{ls,ll,dir,tree,exa,eza,cd,pushd,popd,pwd,echo,printf,cat,bat,head,tail,tac,nl,less,more,wc,sort,uniq,cut,tr,paste} *
{join,comm,column,fold,fmt,rev,seq,expr,bc,jq,grep,egrep,fgrep,rg,ag,ack,zgrep,strings,od,xxd,hexdump,file,stat} *
{readlink,realpath,basename,dirname,which,whereis,type,hash,whoami,id,groups,date,cal,uname,arch,nproc,uptime} *
{free,df,du,ps,env,printenv,test,[,[[,((,true,false,:,let,shift,return,break,continue,exit,wait,sleep,set,shopt} *
{local,declare,typeset,readonly,export,unset,getopts,umask,ulimit,read,mapfile,readarray,history,help,man,info} *
{tput,clear,tty,locale,hostname,logname,cmp,diff,diff3,sdiff,colordiff,base64,base32,nm,ldd,size,xargs,find} *
{md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum,b2sum,cksum,sum,shasum,cloc,tokei,scc,pgrep,lsof,getent} *
git {status,log,diff,show,blame,shortlog,describe,rev-parse,rev-list,ls-files,ls-tree,cat-file,grep,merge-base} *
git {name-rev,for-each-ref,show-ref,diff-tree,diff-index,diff-files,whatchanged,version,help,check-ignore} *
git {check-attr,count-objects,range-diff,cherry,var,annotate,show-branch} *
git {branch,remote,tag}
git branch {-a,-r,-v,-vv,--list,--show-current,--contains,--merged,--all} *
git remote {-v,show,get-url} *
git stash {list,show} *
git tag {-l,--list} *
git config {--get,--list,-l,--get-all,--get-regexp} *
git worktree list *
git submodule status *
{python,python3,node,npm,pip,cargo,go,rustc,gcc,make,java,docker} {--version,-V,-v,version}
<python> -m *
"""

_JUDGES = """
**/tests/** **/test/** **/__tests__/** **/spec/** **/test_*.py **/*_test.py **/*_test.go **/*.test.* **/*.spec.*
**/*_spec.rb **/*Test.java **/*Tests.cs **/conftest.py **/pytest.ini **/tox.ini **/noxfile.py **/jest.config.*
**/vitest.config.* **/playwright.config.* **/.coveragerc **/.github/** **/.gitlab/** **/.circleci/** **/.buildkite/**
**/.husky/** **/.gitlab-ci.yml **/Jenkinsfile **/azure-pipelines*.yml **/.travis.yml **/appveyor.yml **/.drone.yml
**/bitbucket-pipelines.yml **/.pre-commit-config.yaml **/codecov.yml **/CODEOWNERS **/.gitattributes **/surefoot.toml
**/surefoot.yaml **/surefoot.yml **/*.surefoot.yaml **/*.surefoot.yml
**/pyproject.toml **/setup.cfg **/package.json **/Makefile **/makefile **/GNUmakefile **/*.mk **/justfile **/Justfile
**/.pytest.ini **/pytest.toml **/tox.toml **/.mocharc.* **/karma.conf.* **/cypress.config.* **/.githooks/**
**/lefthook.yml **/sitecustomize.py **/usercustomize.py
"""

PROTECTED: Final = tuple(re.split(r"\s+", _JUDGES.strip()))
"""Globs over what judges the work: tests, checks, CI, policy and plans."""


def _patterns(text: str) -> tuple[str, ...]:
    """Return the patterns of a table, a line each, with every `<name>` spelled out."""
    found: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        pieces = re.split(r"<([a-z]+)>", line)
        options = [_NAMED[piece] if index % 2 else (piece,) for index, piece in enumerate(pieces)]
        found += ["".join(chosen) for chosen in product(*options)]
    return tuple(found)


_MEANT_OUTSIDE = frozenset({"git-push", "publishes", "changes-a-forge", "deploys"})
"""What these name is meant for others, wherever it is said; where it could not reach them, the person wants to know."""
_REACHES_OTHERS = _MEANT_OUTSIDE | {"sends-secrets", "other-hosts", "sends-data", "databases"}
"""What these name is seen by other people or machines as soon as the command has a way to them."""


def _rules(tier: Tier, table: str) -> Iterator[Rule]:
    """Yield the rules of a table: a line with name and reason each, with the patterns indented below it."""
    for row in re.split(r"\n(?=\S)", table.strip()):
        head, _, text = row.partition("\n")
        name, _, reason = head.partition(": ")
        is_seen = name in _REACHES_OTHERS
        yield Rule(name=name, tier=tier, reason=reason, commands=_patterns(text), reaches_others=is_seen)


_MACHINE_FILES = Rule(
    name="machine-files",
    tier=Tier.NEVER,
    reason="It overwrites a disk, or a file by which the machine knows its users.",
    paths=(*(f"/dev/{name}" for name in _DEVICES), *(f"/etc/{name}" for name in ("passwd", "shadow", "sudoers"))),
)
_JOURNAL_FILES = Rule(
    name="journal-files",
    tier=Tier.NEVER,
    reason="Nothing but Surefoot writes the record of what was done.",
    paths=("$SUREFOOT_HOME/**", "**/.local/state/surefoot/**"),
)
_SYSTEM_FILES = Rule(
    name="system-files",
    tier=Tier.CONFIRM,
    reason="It writes a file outside the workspace, or one of git's own.",
    paths=(
        *(f"/{name}/**" for name in _SYSTEM if name not in {"dev", "proc"}),
        *("/proc/sys/**", "/proc/sysrq-trigger", "~/**", "$HOME/**", "../**", ".git/**"),
    ),
)
_CONNECTIONS = Rule(
    name="connections",
    tier=Tier.CONFIRM,
    reason="It writes to a connection of the shell's own, which sends data to another machine.",
    paths=("/dev/tcp/**", "/dev/udp/**"),
    reaches_others=True,
)

_DRY_RUNS = Rule(
    name="dry-run",
    tier=Tier.AUTO,
    reason="It only says what it would delete.",
    commands=_patterns("""
        git clean * {-n,-nd,-nx,-nX,-ndx,-nxd,-ndX,-nXd,-nfd,-nfdx,-dn,-xn,-Xn,-dxn,-xdn,-fdn,-fdxn,-dnx,-xnd} *
        git clean * --dry-run *
    """),
)

COMMANDS: Final = (
    _MACHINE_FILES,
    _JOURNAL_FILES,
    *_rules(Tier.NEVER, _NEVER),
    _DRY_RUNS,
    *_rules(Tier.CONFIRM, _CONFIRM),
    _CONNECTIONS,
    _SYSTEM_FILES,
    Rule(name=HARMLESS, tier=Tier.AUTO, reason=HARMLESS_REASON, commands=_patterns(_LOOKING)),
)
"""The rules about commands; the first that matches one decides."""

FILES: Final = (
    Rule(
        name="protected-files",
        tier=Tier.CONFIRM,
        reason="It changes what judges the work (tests, checks, CI, policy or plans), and the plan does not name it.",
        paths=PROTECTED,
    ),
)
"""The rules about files that a step has changed; the plan's author is asked only about those no glob of it names."""

CHECK_FILES: Final = Rule(
    name="files-of-checks",
    tier=Tier.CONFIRM,
    reason="It changes what a check of the plan runs or is set up by, and the plan does not name it.",
)
"""What holds for such files: scripts, settings and modules that are found in the commands of the plan's checks."""

REACHING: Final = tuple(rule for rule in COMMANDS if rule.reaches_others)
"""The rules about commands that reach others; which of them decides on the tier does not matter here."""

IN_SEALED_LANES: Final = tuple(
    rule for rule in COMMANDS if rule.tier is not Tier.CONFIRM or rule.name in _MEANT_OUTSIDE | {"unrestorable"}
)
"""The rules about commands where nothing but the lane can be reached: but for what no checkpoint holds, all that is
done there can be put back."""
