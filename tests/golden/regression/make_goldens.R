# Makes the numbers that tests/test_cox.py and tests/test_accelerated_failure.py compare with.
# Run in this folder: Rscript make_goldens.R
# Data: data sets that R's survival ships, as whole days (or whatever unit they have), named <set>.csv; `coarse` is
# simulated with a seed. Writes the data, cox_case.csv, cox.csv, cox_test.csv, zph.csv, cox_curve.csv, pooled.csv,
# aft_case.csv, aft.csv, aft_curve.csv, and versions.txt. The tests read these files and need no R.
suppressMessages({library(survival); library(mitools)})
options(digits = 15, contrasts = c("contr.treatment", "contr.poly"))

# ---- data ----------------------------------------------------------------------------------------
frame <- function(id, exit, resolved, ..., entry = 0) {
  d <- data.frame(patient_id = paste0("c", id), entry_days = entry, exit_days = exit,
                  is_resolved = as.integer(resolved), ..., stringsAsFactors = FALSE)
  stopifnot(all(d$entry_days < d$exit_days), all(d$exit_days == round(d$exit_days)))
  d
}
sets <- list()
l <- lung[complete.cases(lung[, c("age", "sex", "ph.ecog", "ph.karno", "wt.loss")]), ]
sets$lung <- frame(seq_len(nrow(l)), l$time, l$status == 2, age = l$age, sex = ifelse(l$sex == 1, "male", "female"),
                   ph_ecog = l$ph.ecog, ph_karno = l$ph.karno, wt_loss = l$wt.loss,
                   nearly_age = l$age + 0.001 * (seq_len(nrow(l)) %% 7))
v <- veteran
sets$veteran <- frame(seq_len(nrow(v)), v$time, v$status, trt = ifelse(v$trt == 1, "standard", "test"),
                      celltype = as.character(v$celltype), karno = v$karno, age = v$age, diagtime = v$diagtime,
                      prior = ifelse(v$prior == 10, "yes", "no"))
o <- ovarian
sets$ovarian <- frame(seq_len(nrow(o)), o$futime, o$fustat, age = o$age, rx = paste0("rx", o$rx),
                      resid = paste0("r", o$resid.ds), ecog = o$ecog.ps)
k <- kidney
sets$kidney <- frame(k$id, k$time, k$status, age = k$age, sex = ifelse(k$sex == 1, "male", "female"),
                     disease = as.character(k$disease), frail = k$frail)
h <- heart   # half days occur, so time is doubled
sets$heart <- frame(h$id, 2 * h$stop, h$event, age = h$age, year = h$year, surgery = paste0("s", h$surgery),
                    transplant = paste0("t", h$transplant), entry = 2 * h$start)
p <- pbc[complete.cases(pbc[, c("age", "edema", "bili", "albumin", "protime", "sex", "stage")]), ]
sets$pbc <- frame(p$id, p$time, p$status == 2, age = p$age, edema = paste0("e", p$edema), log_bili = log(p$bili),
                  albumin = p$albumin, protime = p$protime, sex = as.character(p$sex), stage = paste0("g", p$stage))
b <- bladder2
sets$bladder <- frame(b$id, b$stop, b$event, rx = paste0("rx", b$rx), number = b$number, size = b$size,
                      enum = paste0("n", b$enum), entry = b$start)
sets$bladder <- sets$bladder[sets$bladder$entry_days < sets$bladder$exit_days, ]
w <- bladder[bladder$stop > 0, ]
sets$wei <- frame(w$id, w$stop, w$event, rx = paste0("rx", w$rx), number = w$number, size = w$size,
                  enum = paste0("n", w$enum))
c2 <- colon[complete.cases(colon[, c("nodes", "differ")]), ]
sets$colon <- frame(c2$id, c2$time, c2$status, rx = as.character(c2$rx), sex = paste0("x", c2$sex), age = c2$age,
                    obstruct = paste0("o", c2$obstruct), nodes = c2$nodes, etype = paste0("e", c2$etype))
sets$colon_death <- sets$colon[sets$colon$etype == "e2", ]
g <- cgd
sets$cgd <- frame(g$id, g$tstop, g$status, treat = as.character(g$treat), age = g$age, inherit = as.character(g$inherit),
                  steroids = paste0("s", g$steroids), enum = pmin(g$enum, 3), entry = g$tstart)
sets$cgd$enum <- paste0("n", sets$cgd$enum)
r <- rats
sets$rats <- frame(r$litter, r$time, r$status, rx = paste0("rx", r$rx), sex = as.character(r$sex))
set.seed(1972)
n <- 300
x <- round(rnorm(n), 2)
group <- sample(c("a", "b", "c"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
site <- sample(c("north", "south"), n, replace = TRUE)
true <- ceiling(rexp(n, exp(0.4 * x - 0.5 * (group == "b")) / 8))
entered <- sample(0:6, n, replace = TRUE) * (runif(n) < 0.6)
last <- sample(3:30, n, replace = TRUE)
co <- frame(rep(seq_len(n / 3), 3), pmin(true, last) + 100 * (pmin(true, last) <= entered), true <= last,
            x = x, group = group, site = site, entry = entered)
sets$coarse <- co[co$exit_days < 100, ]

most_frequent <- function(x) { n <- table(x); names(n)[n == max(n)][1] }   # names are sorted, so the first of equals
as_model <- function(d) {
  for (name in setdiff(names(d), c("patient_id"))) if (is.character(d[[name]]))
    d[[name]] <- relevel(factor(d[[name]]), ref = most_frequent(d[[name]]))
  d
}
text <- function(x) ifelse(is.na(x), "", formatC(x, digits = 17, format = "g", width = 1))
save <- function(d, file) {
  for (name in names(d)) if (is.double(d[[name]])) d[[name]] <- text(d[[name]])
  write.csv(d, file, row.names = FALSE, quote = FALSE, na = "")
}
for (name in names(sets)) save(sets[[name]], paste0(name, ".csv"))

# ---- Cox -----------------------------------------------------------------------------------------
case <- function(name, set, covariates, strata = NA, ties = "efron", cluster = FALSE)
  list(name = name, set = set, covariates = covariates, strata = strata, ties = ties, cluster = cluster)
cases <- list(
  case("lung", "lung", c("age", "sex", "ph_ecog")),
  case("lung_breslow", "lung", c("age", "sex", "ph_ecog"), ties = "breslow"),
  case("lung_strata", "lung", c("age", "ph_karno", "wt_loss"), strata = "sex"),
  case("lung_one", "lung", "sex"),
  case("lung_near_collinear", "lung", c("age", "nearly_age", "sex")),
  case("veteran", "veteran", c("trt", "celltype", "karno", "age", "diagtime", "prior")),
  case("veteran_breslow", "veteran", c("trt", "celltype", "karno"), ties = "breslow"),
  case("veteran_strata", "veteran", c("trt", "karno"), strata = "celltype"),
  case("ovarian", "ovarian", c("age", "rx", "resid")),
  case("kidney", "kidney", c("age", "sex", "disease"), cluster = TRUE),
  case("kidney_breslow", "kidney", c("age", "sex"), ties = "breslow", cluster = TRUE),
  case("heart", "heart", c("age", "year", "surgery", "transplant")),
  case("heart_breslow", "heart", c("age", "year", "surgery", "transplant"), ties = "breslow"),
  case("heart_strata", "heart", c("age", "year", "transplant"), strata = "surgery"),
  case("heart_cluster", "heart", c("age", "year", "surgery", "transplant"), cluster = TRUE),
  case("pbc", "pbc", c("age", "edema", "log_bili", "albumin", "protime")),
  case("pbc_breslow_strata", "pbc", c("age", "stage", "log_bili"), strata = "sex", ties = "breslow"),
  case("bladder", "bladder", c("rx", "number", "size"), cluster = TRUE),
  case("bladder_strata", "bladder", c("rx", "number", "size"), strata = "enum", cluster = TRUE),
  case("bladder_breslow", "bladder", c("rx", "number", "size"), strata = "enum", ties = "breslow", cluster = TRUE),
  case("wei", "wei", c("rx", "number", "size"), strata = "enum", cluster = TRUE),
  case("colon_death", "colon_death", c("rx", "sex", "age", "obstruct", "nodes")),
  case("colon", "colon", c("rx", "sex", "nodes"), strata = "etype", cluster = TRUE),
  case("cgd", "cgd", c("treat", "age", "inherit", "steroids"), cluster = TRUE),
  case("cgd_strata", "cgd", c("treat", "age"), strata = "enum", cluster = TRUE),
  case("rats", "rats", c("rx", "sex"), cluster = TRUE),
  case("coarse", "coarse", c("x", "group")),
  case("coarse_breslow", "coarse", c("x", "group"), ties = "breslow"),
  case("coarse_strata_cluster", "coarse", c("x", "group"), strata = "site", cluster = TRUE),
  case("coarse_breslow_cluster", "coarse", c("x", "group"), strata = "site", ties = "breslow", cluster = TRUE))

response <- function(d) if (any(d$entry_days > 0)) "Surv(entry_days, exit_days, is_resolved)" else "Surv(exit_days, is_resolved)"
formula_of <- function(k, d, cluster = k$cluster) as.formula(paste(
  response(d), "~", paste(k$covariates, collapse = " + "),
  if (!is.na(k$strata)) paste0("+ strata(", k$strata, ")"), if (cluster) "+ cluster(patient_id)"))
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)
terms_of <- function(d, covariates) do.call(rbind, lapply(covariates, function(name) {
  if (is.factor(d[[name]])) data.frame(column = name, level = levels(d[[name]])[-1]) else data.frame(column = name, level = "")
}))
of_case <- cox <- cox_test <- zph <- curve <- list()
for (k in cases) {
  d <- as_model(sets[[k$set]])
  fit <- coxph(formula_of(k, d), data = d, ties = k$ties, control = control, model = TRUE)
  cat(k$name, fit$iter, "\n")
  of_case[[k$name]] <- data.frame(case = k$name, set = k$set, covariates = paste(k$covariates, collapse = " "),
                                  strata = k$strata, ties = k$ties, is_clustered = as.integer(k$cluster))
  naive <- if (k$cluster) fit$naive.var else fit$var
  cox[[k$name]] <- data.frame(case = k$name, terms_of(d, k$covariates), coefficient = unname(coef(fit)),
                              error = sqrt(diag(naive)), robust_error = if (k$cluster) sqrt(diag(fit$var)) else NA)
  cox_test[[k$name]] <- data.frame(case = k$name, at_zero = fit$loglik[1], at_maximum = fit$loglik[2],
                                   score = fit$score, wald = fit$wald.test)
  for (transform in c("km", "rank", "identity", "log")) {
    z <- cox.zph(fit, transform = transform)$table
    zph[[paste(k$name, transform)]] <- data.frame(case = k$name, transform, column = rownames(z),
                                                  statistic = z[, "chisq"], degrees_of_freedom = z[, "df"], p = z[, "p"])
  }
  rows <- c(1, 20)
  for (row in rows) {
    s <- survfit(fit, newdata = d[row, ])
    keep <- s$n.event > 0
    curve[[paste(k$name, row)]] <- data.frame(case = k$name, row = row, days = s$time[keep], unresolved = s$surv[keep],
                                              error = s$std.err[keep], lower = s$lower[keep], upper = s$upper[keep])
  }
}
save(do.call(rbind, of_case), "cox_case.csv")
save(do.call(rbind, cox), "cox.csv")
save(do.call(rbind, cox_test), "cox_test.csv")
save(do.call(rbind, zph), "zph.csv")
thin <- function(d) d[unique(round(seq(1, nrow(d), length.out = min(nrow(d), 8)))), ]
save(do.call(rbind, lapply(curve, thin)), "cox_curve.csv")

# ---- Rubin's rules: draws of unknown ages from a normal law, each with a fit of its own ----------
set.seed(1987)
d <- as_model(sets$lung)
unknown <- sample(nrow(d), 60)
fits <- lapply(1:6, function(draw) {
  d$age[unknown] <- rnorm(60, mean(d$age[-unknown]), sd(d$age[-unknown]))
  coxph(Surv(exit_days, is_resolved) ~ age + sex, data = d, control = control)
})
together <- MIcombine(lapply(fits, coef), lapply(fits, function(f) diag(diag(vcov(f)))))
of_draw <- function(draw, b, v, freedom = NA) data.frame(draw, coefficient = unname(b), variance = unname(v), freedom)
save(rbind(do.call(rbind, lapply(1:6, function(i) of_draw(i, coef(fits[[i]]), diag(vcov(fits[[i]]))))),
           of_draw(NA, coef(together), diag(vcov(together)), together$df)), "pooled.csv")

writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("mitools", packageVersion("mitools"))),
           "versions.txt")
