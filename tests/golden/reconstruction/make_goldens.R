# Curves of known data as a paper would print them, and what is true of the data.
# printed.csv: steps of the curve by arm, rounded to 2 and 3 digits; at_risk.csv: the table below it;
# truth.csv: what the data say: numbers resolved and censored by interval, median, survival, hazard ratio.
library(survival)

month <- 365.25 / 12
sets <- list(
  lung = with(lung, data.frame(time = time, event = status == 2, arm = ifelse(sex == 1, "a", "b"))),
  veteran = with(veteran, data.frame(time = time, event = status == 1, arm = ifelse(trt == 1, "a", "b"))),
  colon = with(subset(colon, etype == 2 & rx != "Lev"),
               data.frame(time = time, event = status == 1, arm = ifelse(rx == "Obs", "a", "b")))
)
every <- c(lung = 6, veteran = 4, colon = 12)
printed <- at_risk <- truth <- NULL
for (name in names(sets)) {
  rows <- sets[[name]]
  cox <- coxph(Surv(time, event) ~ arm, rows, ties = "efron")
  truth <- rbind(truth, data.frame(data = name, arm = "both", quantity = "log_hazard_ratio", from_months = 0,
                                   value = as.numeric(coef(cox))))
  for (arm in c("a", "b")) {
    own <- rows[rows$arm == arm, ]
    fit <- survfit(Surv(time, event) ~ 1, own)
    is_step <- fit$n.event > 0
    ends <- seq(0, floor(max(own$time) / month / every[[name]])) * every[[name]]
    printed <- rbind(printed, data.frame(
      data = name, arm = arm, time_months = round(fit$time[is_step] / month, 5),
      survival_2 = round(fit$surv[is_step], 2), survival_3 = round(fit$surv[is_step], 3)))
    n <- sapply(ends, function(m) sum(own$time >= m * month))
    at_risk <- rbind(at_risk, data.frame(data = name, arm = arm, time_months = ends, n_at_risk = n))
    last <- max(fit$time[is_step])
    median <- quantile(fit, 0.5, conf.int = FALSE)
    say <- function(quantity, from, value)
      data.frame(data = name, arm = arm, quantity = quantity, from_months = from, value = as.numeric(value))
    truth <- rbind(truth, say("median", 0, median), say("n_resolved_in_all", 0, sum(own$event)))
    for (m in c(6, 12, 24)) if (m * month <= last)
      truth <- rbind(truth, say(paste0("unresolved_at_", m, "_months"), 0, summary(fit, times = m * month)$surv))
    begins <- ends[ends * month < last]
    for (place in seq_along(begins)) {
      from <- begins[place] * month
      is_last <- place == length(begins)
      here <- own$time >= from & (if (is_last) own$time <= last else own$time < begins[place + 1] * month)
      truth <- rbind(truth, say("n_resolved", begins[place], sum(own$event[here])),
                     say("n_censored", begins[place], sum(!own$event[here])))
    }
  }
}
write.csv(printed, "printed.csv", row.names = FALSE, quote = FALSE)
write.csv(at_risk, "at_risk.csv", row.names = FALSE, quote = FALSE)
write.csv(truth, "truth.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), "versions.txt")
