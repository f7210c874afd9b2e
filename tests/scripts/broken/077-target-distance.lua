-- 距离没有单位
return watch "w" {
  per = event { kind = "spill" },
  steps = { { to = within { 500, who = sites {} } },
            { to = within { "500", who = sites {} } },
            { to = downwind { who = stations {} } } },
}
-- expect: 4:29 R004
-- expect: 5:29 R004
-- expect: 6:15 R002
-- expect: 6:31 R003
