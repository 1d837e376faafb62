package io.rabia.kvstore;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Every form of a command, query and result, at least once. */
public final class KvForms {
  private static final byte[] KEY = {1, 2, 3};
  private static final byte[] VALUE = {9, 8};
  private static final byte[] NOTHING = {};
  private static final KvEntry ENTRY = new KvEntry(VALUE, 3, 4, 5);

  public static final List<KvCommand> COMMANDS =
      List.of(
          new KvCommand.Set(KEY, VALUE),
          new KvCommand.Set(KEY, NOTHING),
          new KvCommand.Delete(List.of(KEY, VALUE)),
          new KvCommand.Delete(List.of()),
          new KvCommand.CompareAndSet(KEY, null, VALUE),
          new KvCommand.CompareAndSet(KEY, NOTHING, VALUE),
          new KvCommand.CompareAndSet(KEY, KEY, VALUE),
          new KvCommand.Increment(KEY, -7),
          new KvCommand.Increment(KEY, Long.MIN_VALUE),
          new KvCommand.Put(KEY, VALUE, KvCommand.Put.When.ALWAYS, KvCommand.Put.KEEP),
          new KvCommand.Put(KEY, VALUE, KvCommand.Put.When.ABSENT, KvCommand.Put.FOREVER),
          new KvCommand.Put(KEY, VALUE, KvCommand.Put.When.PRESENT, 1_000_000),
          new KvCommand.Expire(KEY, 7),
          new KvCommand.Append(KEY, VALUE),
          new KvCommand.Take(KEY),
          new KvCommand.Clear(),
          new KvCommand.Tick(),
          new KvCommand.Ask(new KvQuery.TimeToLive(KEY)),
          new KvCommand.Transaction(List.of(), List.of(), List.of()),
          new KvCommand.Transaction(
              List.of(
                  new KvCondition.HasValue(KEY, VALUE),
                  new KvCondition.HasVersion(KEY, 9),
                  new KvCondition.Exists(VALUE)),
              List.of(new KvCommand.Set(KEY, VALUE), new KvCommand.Ask(new KvQuery.Get(KEY))),
              List.of(new KvCommand.Take(KEY))));

  public static final List<KvQuery> QUERIES =
      List.of(
          new KvQuery.Get(KEY),
          new KvQuery.Exists(KEY),
          new KvQuery.GetAll(List.of(KEY, VALUE)),
          new KvQuery.Scan(NOTHING, null, 5, true),
          new KvQuery.Scan(KEY, VALUE, 1, false),
          new KvQuery.TimeToLive(KEY),
          new KvQuery.Statistics(),
          new KvQuery.Count(List.of(KEY, VALUE)),
          new KvQuery.Watch(EventPosition.now(), NotificationFilter.all(), 1),
          new KvQuery.Watch(
              EventPosition.fromSlot(3),
              new NotificationFilter.And(
                  List.of(
                      new NotificationFilter.Or(
                          List.of(
                              new NotificationFilter.Key(KEY),
                              new NotificationFilter.KeyPrefix(VALUE))),
                      NotificationFilter.changeType(ChangeType.DELETED, ChangeType.CLEARED))),
              100),
          new KvQuery.Watch(EventPosition.afterVersion(4), NotificationFilter.all(), 7));

  public static final List<KvResult> RESULTS =
      List.of(
          new KvResult.Stored(7),
          new KvResult.Deleted(2),
          new KvResult.Mismatch(null),
          new KvResult.Mismatch(ENTRY),
          new KvResult.Number(-5, 6),
          new KvResult.Found(ENTRY),
          new KvResult.Absent(),
          new KvResult.Exists(true),
          new KvResult.Failed(StoreError.STORE_FULL, "why"),
          new KvResult.Replaced(null, 8),
          new KvResult.Replaced(ENTRY, 8),
          new KvResult.Entries(Arrays.asList(ENTRY, null), 9),
          new KvResult.Page(new KvPage(List.of(new KvPage.Item(KEY, ENTRY)), null, 9)),
          new KvResult.Page(new KvPage(List.of(new KvPage.Item(KEY, null)), VALUE, 9)),
          new KvResult.Remaining(99),
          new KvResult.Counted(new StoreStatistics(1, 2, 3, 4, 5, 6, 7, 8)),
          new KvResult.Transacted(true, List.of(new KvResult.Stored(7), new KvResult.Found(ENTRY))),
          new KvResult.Changes(
              List.of(
                  new KvEvent(ChangeType.UPDATED, 8, 5, KEY, VALUE, NOTHING),
                  new KvEvent(ChangeType.CLEARED, 9, 5, NOTHING, null, null)),
              10,
              -1));

  private KvForms() {}

  /** The forms of that kind of which there is no sample. */
  static List<String> without(Class<?> kind, List<?> samples) {
    Set<Class<?>> there = samples.stream().map(Object::getClass).collect(Collectors.toSet());
    return Arrays.stream(kind.getPermittedSubclasses())
        .filter(form -> !there.contains(form))
        .map(Class::getSimpleName)
        .toList();
  }
}
