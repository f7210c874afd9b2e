return watch "w" { per = any, when = all, title = doc }
