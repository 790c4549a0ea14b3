-- weight: 60 name: look
:aid = ${int:1..100000}
select abalance from pgbench_accounts where aid = :aid;

-- weight: 40 name: pay
:aid = ${int:1..100000}
:tid = ${int:1..10}
:delta = ${int:-5000..5000}
begin;
update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;
insert into pgbench_history (tid, bid, aid, delta, mtime) values (:tid, 1, :aid, :delta, now());
commit;
