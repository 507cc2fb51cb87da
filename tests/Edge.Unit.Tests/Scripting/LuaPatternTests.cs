using Edge.Engine.Scripting;
using Xunit;

namespace Edge.Unit.Tests.Scripting;

/// <summary>The shim's own pattern matching against the reference manual's meaning (6.4.1).</summary>
public sealed class LuaPatternTests : IDisposable
{
    private readonly LuaContext _lua = new(new LuaLimits(), sandbox: true);

    public void Dispose() => _lua.Dispose();

    [Theory]
    [InlineData("string.find('hello world', 'wor')", "7, 9")]
    [InlineData("string.find('hello world', 'o', 6)", "8, 8")]
    [InlineData("string.find('hello', 'l', -2)", "4, 4")]
    [InlineData("string.find('hello', '')", "1, 0")]
    [InlineData("string.find('hello', '', 10)", "nil")]
    [InlineData("string.find('hello', '', 6)", "6, 5")]
    [InlineData("string.find('a.b', '.', 1, true)", "2, 2")]
    [InlineData("string.find('a+b', '+', 1, true)", "2, 2")]
    [InlineData("string.find('abc', 'b', 1, true)", "2, 2")]
    [InlineData("string.find('abc', '(b)(c)')", "2, 3, b, c")]
    [InlineData("string.find('abc', '()c()')", "3, 3, 3, 4")]
    [InlineData("string.find('abc', '^b')", "nil")]
    [InlineData("string.find('abc', 'c$')", "3, 3")]
    [InlineData("string.find('a$c', 'a$c')", "1, 3")]
    [InlineData("string.match('key = value', '(%w+)%s*=%s*(%w+)')", "key, value")]
    [InlineData("string.match('  trim  ', '^%s*(.-)%s*$')", "trim")]
    [InlineData("string.match('2026-11-21', '(%d%d%d%d)-(%d%d)-(%d%d)')", "2026, 11, 21")]
    [InlineData("string.match('f(a(b)c)d', '%b()')", "(a(b)c)")]
    [InlineData("string.match('f(a(b', '%b()')", "nil")]
    [InlineData("string.match('THE (quick) fox', '%f[%a]%a+%f[%A]')", "THE")]
    [InlineData("string.find('THE (quick) fox', '%f[%l]%l+')", "6, 10")]
    [InlineData("string.match('\"it\\'s\"', '([\"\\'])(.-)%1')", "\", it's")]
    [InlineData("string.match('abc]', '[]]')", "]")]
    [InlineData("string.match('a-z', '[a%-z]+')", "a-z")]
    [InlineData("string.match('b-', '[a-c-]+')", "b-")]
    [InlineData("string.match('xyz', '[^x]+')", "yz")]
    [InlineData("string.match('aXb', '%u')", "X")]
    [InlineData("string.match('ab12', '%D+')", "ab")]
    [InlineData("string.match('0x1F', '%x+', 3)", "1F")]
    [InlineData("string.match('aaa', 'a-')", "")]
    [InlineData("string.match('aaab', 'a-b')", "aaab")]
    [InlineData("string.match('ac', 'ab?c')", "ac")]
    [InlineData("string.match('abc', 'ab?c')", "abc")]
    [InlineData("string.match('abc', '.', 4)", "nil")]
    [InlineData("string.match('a\\0b', 'a%zb')", "nil")]
    [InlineData("#string.match('a\\0b', 'a\\0b')", "3")]
    [InlineData("string.match('2.25.1', '^[%d.]+$')", "2.25.1")]
    [InlineData("string.gsub('hello', 'l', 'L')", "heLLo, 2")]
    [InlineData("string.gsub('hello', 'l', 'L', 1)", "heLlo, 1")]
    [InlineData("string.gsub('hello', '', '-')", "-h-e-l-l-o-, 6")]
    [InlineData("string.gsub('hello world', '(%w+)', '<%1>')", "<hello> <world>, 2")]
    [InlineData("string.gsub('hello world', '%w+', '%0 %0', 1)", "hello hello world, 1")]
    [InlineData("string.gsub('abc', '%w', '%%')", "%%%, 3")]
    [InlineData("string.gsub('$name is', '%$(%w+)', {name = 'lua'})", "lua is, 1")]
    [InlineData("string.gsub('abc', '%w', function(c) if c == 'b' then return 'X' end end)", "aXc, 3")]
    [InlineData("string.gsub('abc', '^a', 'x')", "xbc, 1")]
    [InlineData("string.gsub('abc', '()', '%1')", "1a2b3c4, 4")]
    [InlineData("string.gsub('a,b,,c', ',', ';')", "a;b;;c, 3")]
    [InlineData("string.gsub('abc', 'b', 5)", "a5c, 1")]
    [InlineData("('x'):rep(3, ',')", "x,x,x")]
    [InlineData("('x'):rep(0) .. ('x'):rep(-1) .. (''):rep(1 << 60)", "")]
    [InlineData("(function() local t = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do t[#t + 1] = k .. v end return table.concat(t, ';') end)()", "a1;b2")]
    [InlineData("(function() local n = 0 for _ in string.gmatch('abc', '') do n = n + 1 end return n end)()", "4")]
    [InlineData("(function() local t = {} for w in string.gmatch('one two', '%a+', 4) do t[#t + 1] = w end return table.concat(t, ';') end)()", "two")]
    [InlineData("select('#', string.gmatch('a', 'b')())", "0")]
    [InlineData("(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) table.insert(t, 1, 9) table.remove(t) return table.concat(t, ',') end)()", "9,3,2")]
    [InlineData("table.concat(table.move({1, 2, 3}, 1, 3, 2), ',')", "1,1,2,3")]
    [InlineData("(function() local w = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) return w(1), w(5) end)()", "2, 10")]
    [InlineData("select(2, pcall(coroutine.wrap(function() error('in') end)))", "[string \"line\"]:1: in")]
    [InlineData("xpcall(function() error('x', 0) end, function(m) return 'handled ' .. m end)", "false, handled x")]
    [InlineData("xpcall(function(a) return a end, print, 5)", "true, 5")]
    [InlineData("select('#', coroutine.resume(coroutine.create(function() xpcall(coroutine.yield, print) end)))", "1")]
    public void Expressions(string expression, string expected)
    {
        LuaResult result = _lua.Execute($"print({expression})");
        Assert.Equal((null, expected + "\n"), (result.Details, result.Output));
    }

    [Theory]
    [InlineData("string.find('a', '[a')", "malformed pattern (missing ']')")]
    [InlineData("string.find('a', '[^')", "malformed pattern (missing ']')")]
    [InlineData("string.find('a', '[%')", "malformed pattern (missing ']')")]
    [InlineData("string.find('a', '%')", "malformed pattern (ends with '%')")]
    [InlineData("string.find('a', '(a')", "unfinished capture")]
    [InlineData("string.match('a', 'a)')", "invalid pattern capture")]
    [InlineData("string.find('a', '%1')", "invalid capture index %1")]
    [InlineData("string.find('a', '%b')", "missing arguments to '%b'")]
    [InlineData("string.find('a', '%f')", "missing '[' after '%f' in pattern")]
    [InlineData("string.gsub('a', 'a', '%2')", "invalid capture index %2")]
    [InlineData("string.gsub('a', 'a', '%x')", "invalid use of '%' in replacement string")]
    [InlineData("string.gsub('a', 'a', function() return {} end)", "invalid replacement value (a table)")]
    [InlineData("string.gsub('a', 'a')", "string/function/table expected")]
    [InlineData("string.find()", "string expected")]
    public void Faults(string expression, string part) => Assert.Contains(part, _lua.Execute($"print({expression})").Details);
}
